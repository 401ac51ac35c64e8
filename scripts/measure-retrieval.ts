/**
 * Scores of the models that ship, by exact search, on a retrieval set in the BEIR layout: a folder of
 * `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` and `qrels/test.tsv`.
 *
 *     node scripts/measure-retrieval.ts FOLDER [FOLDER …]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { argv } from "node:process";
import { openReembed } from "../src/index.ts";

const models = ["bundled:potion-base-4m-int8", "bundled:all-MiniLM-L6-v2"];

const sets = argv.slice(2).map((folder) => resolve(folder));
if (sets.length === 0) throw new Error("name a folder: node scripts/measure-retrieval.ts FOLDER");
for (const set of sets) {
  const cwd = await mkdtemp(join(tmpdir(), "reembed-retrieval-"));
  const reembed = await openReembed({ db: join(cwd, "db"), table: "set", cwd });
  try {
    await reembed.import({
      sources: [join(set, "corpus.jsonl")],
      corpus: { key: "_id", text: ["title", "text"] },
    });
    for (const to of models) await reembed.backfill({ to });
    const { versions } = await reembed.eval({
      queries: join(set, "queries.jsonl"),
      qrels: join(set, "qrels", "test.tsv"),
      exact: true,
    });
    for (const [index, { queries, ndcg10, recall100, mrr10 }] of versions.entries()) {
      console.log(
        `${basename(set)}, ${models[index]}, ${queries} queries: nDCG@10 ${score(ndcg10)}, recall@100 ${score(recall100)}, MRR@10 ${score(mrr10)}`,
      );
    }
  } finally {
    await reembed.close();
    await rm(cwd, { recursive: true });
  }
}

function score(value: number | null): string {
  return value === null ? "none" : value.toFixed(4);
}
