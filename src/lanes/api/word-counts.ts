/**
 * Counts tokens word by word, and remembers what words came to: several times as fast as counting whole
 * texts. A word here is what stands before a space; the space belongs to the next. OpenAI's encodings part
 * a text there before they look for tokens, since none of their patterns goes on over a space that stands
 * behind anything but white space: so the counts of the words add up to the count of the text.
 */

/** What an encoding does with a part of a text. */
export interface PartEncoding {
  count(part: string): number;
  /** The longest beginning of at most so many tokens. */
  cut(part: string, maxTokens: number): string;
}

/** Words whose counts are kept: all but the rarest of a corpus, in some 15 MB. */
const keptWords = 131_072;

/** Units of UTF-16; longer words are hardly ever met twice. */
const longestKeptWord = 64;

/**
 * Units of UTF-16 of one kind in a row that are encoded whole. An encoding takes such a run as one, in
 * time that grows with the square of its length: this much takes some milliseconds. No word of any
 * language is as long, so only what is no language (data as letters, ruled lines) is counted in parts.
 */
const longestRun = 2048;

/** Units of each part of a longer run: its count is over by some tokens in a hundred, never under. */
const runPart = 256;

const runs = /[\p{L}\p{M}]+|\p{N}+|\s+|[^\p{L}\p{M}\p{N}\s]+/gu;
const whiteSpace = /\s/;

/** An encoding that does the same for whole texts, of any length. */
export function createWordCounts(encoding: PartEncoding): PartEncoding {
  const counts = new Map<string, number>();

  function countWord(word: string): number {
    if (word.length > longestKeptWord) {
      return partsOf(word).reduce((sum, part) => sum + encoding.count(part), 0);
    }
    const known = counts.get(word);
    if (known !== undefined) return known;
    const count = encoding.count(word);
    if (counts.size >= keptWords) counts.clear();
    counts.set(word, count);
    return count;
  }

  return {
    count(text) {
      let tokens = 0;
      for (let start = 0, end = 0; start < text.length; start = end) {
        end = wordEnd(text, start);
        tokens += countWord(text.slice(start, end));
      }
      return tokens;
    },
    cut(text, maxTokens) {
      let tokens = 0;
      let kept = 0;
      for (let start = 0, end = 0; start < text.length; start = end) {
        end = wordEnd(text, start);
        for (const part of partsOf(text.slice(start, end))) {
          const next = tokens + countWord(part);
          if (next > maxTokens) return text.slice(0, kept) + encoding.cut(part, maxTokens - tokens);
          tokens = next;
          kept += part.length;
        }
      }
      return text;
    },
  };
}

/** Where the word that starts here ends. */
function wordEnd(text: string, start: number): number {
  for (let at = text.indexOf(" ", start + 1); at !== -1; at = text.indexOf(" ", at + 1)) {
    if (!whiteSpace.test(text[at - 1]!)) return at;
  }
  return text.length;
}

/** A word as it is encoded: whole, but for runs that are too long. */
function partsOf(word: string): string[] {
  if (word.length <= longestRun) return [word];
  const parts: string[] = [];
  let start = 0;
  for (const { 0: run, index } of word.matchAll(runs)) {
    if (run.length <= longestRun) continue;
    for (let at = index + runPart; at < index + run.length; at += runPart) {
      // Half of a surrogate pair is no character.
      const end = /[\uD800-\uDBFF]/.test(word[at - 1]!) ? at - 1 : at;
      parts.push(word.slice(start, end));
      start = end;
    }
  }
  parts.push(word.slice(start));
  return parts;
}
