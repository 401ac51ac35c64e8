/**
 * The gate and the doctor on retrieval sets in the BEIR layout (`corpus.jsonl`, `queries.jsonl`,
 * `qrels/test.tsv`): the better of the shipped models is let in, the worse is not, and the vectors of one
 * with their dimensions shuffled, adopted as that model, are found.
 *
 *     node scripts/show-gate.ts FOLDER [FOLDER …]
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { argv } from "node:process";
import { connect } from "@lancedb/lancedb";
import { openReembed, type Reembed, ReembedError } from "../src/index.ts";

const potion = "bundled:potion-base-4m-int8";
const minilm = "bundled:all-MiniLM-L6-v2";

const sets = argv.slice(2).map((folder) => resolve(folder));
if (sets.length === 0) throw new Error("name a folder: node scripts/show-gate.ts FOLDER");
for (const set of sets) {
  const cwd = await mkdtemp(join(tmpdir(), "reembed-gate-"));
  const gate = { queries: join(set, "queries.jsonl"), qrels: join(set, "qrels", "test.tsv") };
  await writeFile(join(cwd, "reembed.config.json"), JSON.stringify({ gate }));
  const reembed = await openReembed({ db: "db", table: "set", cwd });
  try {
    const corpus = { key: "_id", text: ["title", "text"] } as const;
    const { rows } = await reembed.import({ sources: [join(set, "corpus.jsonl")], corpus });
    console.log(`${basename(set)}, ${rows} rows`);
    await reembed.backfill({ to: potion });
    await reembed.backfill({ to: minilm });
    console.log(`  potion -> MiniLM: ${await judge(reembed, "v2")}`);
    console.log(`  MiniLM -> potion: ${await judge(reembed, "v1")}`);
    console.log(`  ${await adoptShuffled(cwd)}`);
  } finally {
    await reembed.close();
    await rm(cwd, { recursive: true });
  }
}

async function judge(reembed: Reembed, to: string): Promise<string> {
  try {
    const { gate } = await reembed.switch({ to });
    return `passed ${gate.reasons.join("; ")}`;
  } catch (error) {
    if (error instanceof ReembedError && error.code === "REEMBED_GATE_FAILED")
      return `refused: ${error.message}`;
    throw error;
  }
}

/** Writes the first version's vectors in another order as a table of their own, and lets the doctor look. */
async function adoptShuffled(cwd: string): Promise<string> {
  const db = await connect(join(cwd, "db"));
  const made = await (
    await db.openTable("set")
  )
    .query()
    .select(["_id", "title", "text", "vector_v1"])
    .toArray();
  const rows = made
    .filter((row) => row.vector_v1 !== null)
    .map(({ _id, title, text, vector_v1 }) => ({
      _id: String(_id),
      document: [title, text].filter((part) => part !== null && part !== "").join(" "),
      vector: [...(vector_v1 as Iterable<number>)].toReversed(),
    }));
  await db.createTable("shuffled", rows);
  await writeFile(
    join(cwd, "reembed.config.json"),
    JSON.stringify({ corpus: { key: "_id", text: ["document"] } }),
  );
  const reembed = await openReembed({ db: "db", table: "shuffled", cwd });
  try {
    await reembed.adopt({ model: potion, trust: true, why: "said to be potion" });
    const { findings } = await reembed.check({ only: ["mix"] });
    return `shuffled, adopted as potion: ${findings.map(({ level, message }) => `${level}: ${message}`).join("; ")}`;
  } finally {
    await reembed.close();
  }
}
