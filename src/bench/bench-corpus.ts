import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { ReembedError } from "../core/errors.ts";
import { openSource } from "../corpus/open-source.ts";
import { requireWordnet, wordnetGlosses } from "../datasets/wordnet.ts";
import type { CorpusReport } from "./bench-report.ts";

/** The different texts that a bench measures on. */
export interface BenchCorpus {
  readonly name: string;
  readonly texts: readonly string[];
}

/** Texts kept of a file at most: more than any suite embeds, and no more than memory bears. */
const mostTexts = 500_000;

/**
 * Reads a corpus: `glosses`, WordNet's definitions, `mix`, made of them, or any file with a column of text.
 * @throws REEMBED_CORPUS_MISSING, REEMBED_CORPUS_COLUMN_MISSING, REEMBED_CORPUS_EMPTY and what opening a source throws
 */
export async function readBenchCorpus(name: string, column = "text"): Promise<BenchCorpus> {
  if (name === "mix") return { name, texts: mixedTexts([...(await readGlosses())]) };
  const texts = name === "glosses" ? await readGlosses() : await readFileTexts(name, column);
  if (texts.size === 0) throw new ReembedError("REEMBED_CORPUS_EMPTY", `${name} has no text to measure on`);
  return { name: name === "glosses" ? name : basename(name), texts: [...texts] };
}

/** Whether a corpus comes with the program, and is no path. */
export function isMadeCorpus(name: string): boolean {
  return name === "glosses" || name === "mix";
}

/**
 * Words of the shortest and of the longest text of a mix. Lengths between them are spread evenly over their
 * logarithm, as those of a table of notes, paragraphs and pages are: 57 words, or 75 tokens, in the mean.
 */
const mixWords = { fewest: 6, most: 200 } as const;

/** Texts of a mix: enough that none is seen twice in a measurement. */
const mixTexts = 20_000;

/** Texts of very different lengths, in an order in which neighbours differ too. */
function mixedTexts(all: readonly string[]): string[] {
  const supply = all.join(" ").split(/\s+/);
  const { fewest, most } = mixWords;
  let at = 0;
  return Array.from({ length: mixTexts }, (_, index) => {
    // Multiples of the golden ratio less their whole part: spread evenly however many are taken.
    const share = (index * 0.618_033_988_749_895) % 1;
    const words = Math.round(fewest * (most / fewest) ** share);
    at = (at + words) % (supply.length - most);
    return supply.slice(at, at + words).join(" ");
  });
}

async function readGlosses(): Promise<Set<string>> {
  const texts = new Set<string>();
  for await (const { gloss } of wordnetGlosses(await requireWordnet())) texts.add(gloss);
  return texts;
}

async function readFileTexts(path: string, column: string): Promise<Set<string>> {
  const texts = new Set<string>();
  const source = await openSource(path, "auto");
  for await (const { batch } of source.batches()) {
    const values = batch.getChild(column);
    if (values === null) {
      throw new ReembedError(
        "REEMBED_CORPUS_COLUMN_MISSING",
        `${path} has no column ${column}: its texts must stand in one of this name`,
        { details: { path, column } },
      );
    }
    for (const value of values) {
      if (typeof value === "string" && value.trim() !== "") texts.add(value);
      if (texts.size >= mostTexts) return texts;
    }
  }
  return texts;
}

/** So many texts from all over, so that their lengths are those of the whole. */
export function sampleTexts(all: readonly string[], count: number): string[] {
  const wanted = Math.min(count, all.length);
  return Array.from({ length: wanted }, (_, index) => all[Math.floor((index * all.length) / wanted)]!);
}

/** Different texts of about so many words, put together from a corpus. */
export function textsOfWords(all: readonly string[], words: number, count: number): string[] {
  const supply = all.join(" ").split(/\s+/);
  return Array.from({ length: count }, (_, index) => {
    const start = (index * words) % Math.max(1, supply.length - words);
    return supply.slice(start, start + words).join(" ");
  });
}

/** What a report says of the texts. @param lengths tokens of a sample; null where none was counted */
export function describeCorpus({ name, texts }: BenchCorpus, lengths: Int32Array | null): CorpusReport {
  const digest = createHash("sha256");
  for (const text of texts) digest.update(text).update("\0");
  return {
    name,
    digest: digest.digest("hex"),
    texts: texts.length,
    tokens: lengths === null || lengths.length === 0 ? null : describeLengths(lengths),
  };
}

function describeLengths(lengths: Int32Array): NonNullable<CorpusReport["tokens"]> {
  const sorted = lengths.toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { median: at(0.5), p95: at(0.95), most: sorted.at(-1)! };
}

/** Writes texts as the JSON lines that imports and bare programs read. */
export async function writeTexts(file: string, texts: readonly string[]): Promise<void> {
  await writeFile(file, texts.map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));
}
