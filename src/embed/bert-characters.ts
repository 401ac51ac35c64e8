/**
 * What BERT's normaliser and pre-tokenizer make of one character. Both look at characters one by
 * one, so a table over characters replaces the passes over strings.
 * Source: github.com/huggingface/tokenizers, normalizers/bert.rs and pre_tokenizers/bert.rs
 */

export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}

/**
 * What becomes of a character: nothing, the end of a word, a word of its own (`alone`), or UTF-16
 * units within a word. Code units that are words of their own may stand among `units`.
 */
export type CharacterFate =
  | { readonly kind: "dropped" }
  | { readonly kind: "space" }
  | { readonly kind: "alone"; readonly units: readonly number[] }
  | { readonly kind: "text"; readonly pieces: readonly CharacterPiece[] };

export interface CharacterPiece {
  readonly units: readonly number[];
  readonly punctuation: boolean;
}

const control = /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}]$/u;
const whitespace = /^\s$/u;
const punctuation = /^[\p{P}!-/:-@[-`{-~]$/u;
const nonspacingMark = /^\p{Mn}$/u;

/** Blocks of Chinese characters, as `[first, last]`. Source: the BERT tokenizer's own list. */
const chineseBlocks: readonly (readonly [number, number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

/** The fate of one character under these options. */
export function characterFate(codePoint: number, options: BertNormalizerOptions): CharacterFate {
  const character = String.fromCodePoint(codePoint);
  if (options.cleanText) {
    const kept = character === "\t" || character === "\n" || character === "\r";
    if (codePoint === 0 || codePoint === 0xfffd || (!kept && control.test(character))) {
      return { kind: "dropped" };
    }
  }
  if (whitespace.test(character)) return { kind: "space" };
  const chinese =
    options.handleChineseChars &&
    chineseBlocks.some(([first, last]) => codePoint >= first && codePoint <= last);

  const pieces: CharacterPiece[] = [];
  const decomposed = options.stripAccents ? character.normalize("NFD") : character;
  for (const part of decomposed) {
    if (options.stripAccents && nonspacingMark.test(part)) continue;
    // Lower case character by character: a whole string's lower case knows the final sigma, BERT does not.
    for (const lowered of options.lowercase ? part.toLowerCase() : part) {
      pieces.push({ units: unitsOf(lowered), punctuation: punctuation.test(lowered) });
    }
  }
  if (pieces.length === 0) return { kind: "dropped" };
  if (chinese) return { kind: "alone", units: pieces.flatMap(({ units }) => units) };
  return { kind: "text", pieces };
}

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
