/** Vectors that the table holds already are copied, between columns of one space and never between two. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { type BackfillResult, openReembed } from "../../src/index.ts";
import { readColumn } from "../support/read-column.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const corpus = { key: "id", text: ["text"] } as const;
const potion = "bundled:potion-base-4m-int8";

const textOf = (row: number): string => `the small boat number ${row} in the harbour`;

async function tableOf(context: TestContext, texts: readonly string[]) {
  const cwd = await temporaryFolder(context);
  const db = join(cwd, "db");
  const write = async (name: string, rows: readonly string[], from: number): Promise<string> => {
    const path = join(cwd, name);
    const lines = rows.map((text, row) => JSON.stringify({ id: `k${from + row}`, text }));
    await writeFile(path, lines.join("\n"));
    return path;
  };
  const reembed = await openReembed({ db, table: "docs", cwd });
  context.after(() => reembed.close());
  await reembed.import({ sources: [await write("docs.jsonl", texts, 0)], corpus });
  const append = async (more: readonly string[]): Promise<void> => {
    const sources = [await write("more.jsonl", more, texts.length)];
    await reembed.import({ sources, corpus, mode: "append" });
  };
  const lance = async () => (await connect(db)).openTable("docs");
  return { db, reembed, append, lance };
}

const outcomes = (run: BackfillResult): number[] => {
  const { handled, embedded, copied, deduplicated, skipped, failed } = run;
  assert.equal(handled, embedded + copied + deduplicated + skipped + failed);
  return [embedded, copied, deduplicated, skipped];
};

test("a version that is made again copies what is fresh from the one before", async (context) => {
  const texts = ["", ...Array.from({ length: 500 }, (_, row) => textOf(row))];
  const { db, reembed, lance } = await tableOf(context, texts);
  await reembed.backfill({ to: potion, name: "v1", onEmpty: "zero" });
  const table = await lance();
  await table.update({ where: "id = 'k8'", values: { text: "another text by now" } });
  await table.delete("id = 'k9'");

  const again = await reembed.backfill({ to: potion, name: "v2" });
  // The zero vector that stands for the empty text is no vector of a text: it is judged anew.
  assert.deepEqual(outcomes(again), [1, 498, 0, 1]);
  assert.equal(again.tokens < 20, true);
  await reembed.backfill({ to: potion, name: "v1" });
  const [v1, v2] = [
    await readColumn(db, "docs", "id", "vector_v1"),
    await readColumn(db, "docs", "id", "vector_v2"),
  ];
  v1.delete("k0");
  v2.delete("k0");
  assert.deepEqual(v2, v1);
});

test("nothing is copied between spaces, nor between types of values", async (context) => {
  const texts = Array.from({ length: 100 }, (_, row) => textOf(row));
  const { reembed } = await tableOf(context, texts);
  await reembed.backfill({ to: potion, name: "v1" });
  const shorter = await reembed.backfill({ to: `${potion}?dimensions=64`, name: "v2" });
  assert.deepEqual(outcomes(shorter), [100, 0, 0, 0]);
  const halves = await reembed.backfill({ to: potion, name: "v3", vectorType: "float16" });
  assert.deepEqual(outcomes(halves), [100, 0, 0, 0]);
  const halvesAgain = await reembed.backfill({ to: potion, name: "v4", vectorType: "float16" });
  assert.deepEqual(outcomes(halvesAgain), [0, 100, 0, 0]);
});

test("rows appended or changed take vectors of the same texts in other rows, where computing is dear", async (context) => {
  const to = "bundled:all-MiniLM-L6-v2";
  const { db, reembed, append, lance } = await tableOf(
    context,
    Array.from({ length: 40 }, (_, row) => textOf(row)),
  );
  assert.deepEqual(outcomes(await reembed.backfill({ to, name: "v1" })), [40, 0, 0, 0]);
  await append([textOf(3), textOf(5), textOf(5), "a text of its own", ""]);
  const table = await lance();
  await table.update({ where: "id = 'k20'", values: { text: textOf(30) } });
  const caughtUp = await reembed.backfill({ to, name: "v1" });
  assert.deepEqual(outcomes(caughtUp), [1, 4, 0, 1]);
  const vectors = await readColumn(db, "docs", "id", "vector_v1");
  for (const [copy, original] of [
    ["k40", "k3"],
    ["k41", "k5"],
    ["k42", "k5"],
    ["k20", "k30"],
  ] as const) {
    assert.deepEqual(vectors.get(copy), vectors.get(original), `${copy} is ${original}`);
  }
});
