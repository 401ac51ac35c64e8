/** The live version's index covers every row before, during and after the backfill of another. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { connect } from "@lancedb/lancedb";
import { test } from "node:test";
import { requireWordnet, writeWordnetCorpus } from "../../src/datasets/wordnet.ts";
import { openReembed } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const potion = "bundled:potion-base-4m-int8";

test("117,791 rows: v1's index coverage stays 100 % while v2 is filled", async (context) => {
  const cwd = await temporaryFolder(context);
  const corpusFile = join(cwd, "glosses.jsonl");
  await writeWordnetCorpus(await requireWordnet(), corpusFile);
  const db = join(cwd, "db");
  const reembed = await openReembed({ db, table: "glosses", cwd });
  context.after(() => reembed.close());
  await reembed.import({ sources: [corpusFile], corpus: { key: "id", text: ["gloss"] } });
  await reembed.backfill({ to: potion });

  const connection = await connect(db);
  const table = await connection.openTable("glosses");
  const unindexedOfFirst = async (): Promise<number> => {
    await table.checkoutLatest();
    const index = (await table.listIndices()).find((entry) => entry.columns.includes("vector_v1"));
    assert.ok(index !== undefined, "v1 has no index");
    const stats = await table.indexStats(index.name);
    assert.equal(stats?.numIndexedRows, 117_791);
    return stats.numUnindexedRows;
  };

  assert.equal(await unindexedOfFirst(), 0);
  let commits = 0;
  const job = reembed.backfill({ to: `${potion}?dimensions=96`, name: "v2" });
  for await (const event of job) {
    if (event.event !== "unit:committed") continue;
    commits += 1;
    assert.equal(await unindexedOfFirst(), 0);
  }
  assert.ok(commits >= 1);
  assert.equal((await job).embedded + (await job).deduplicated + (await job).skipped, 117_791);
  assert.equal(await unindexedOfFirst(), 0);
  table.close();
  connection.close();
});
