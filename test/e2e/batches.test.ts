/** Backfills through a provider's batches: the real command line against the mock provider. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { batchScene, dimensions, paidAgain } from "../support/batch-scene.ts";
import { readColumn } from "../support/read-column.ts";

const texts = Array.from({ length: 60 }, (_, index) => `a document about subject ${index}`);
/** The first text twice more, and one that cannot have a vector. */
const rows = [...texts, texts[0]!, texts[0]!, ""];

test("texts go out once, at half the price, and come back as the live vectors", async (context) => {
  const scene = await batchScene(context, rows);
  const run = await scene.backfill(["--batch"]);
  assert.equal(run.exitCode, 7, JSON.stringify(run.last));
  const books = scene.mock.ledger();
  assert.deepEqual([books.batches, books.batchItems], [1, texts.length]);
  assert.ok(paidAgain(scene, texts) <= 2);
  const { last } = run;
  const ledger = last["ledger"] as { batch: Record<string, unknown>; tokens: number };
  assert.deepEqual(ledger.batch, {
    ended: { completed: 1 },
    open: 0,
    texts: texts.length,
    vectors: texts.length,
    truncated: 0,
    tokens: books.batchTokens,
    cost: (books.batchTokens * 0.01) / 1e6,
  });
  assert.equal(last["state"], "active");
  assert.deepEqual([last["copied"], last["embedded"], last["skipped"]], [62, 0, 1]);

  const stored = await readColumn(join(scene.folder, "reembed-data"), "docs", "id", "vector_v1");
  const answer = await fetch(`${scene.mock.url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "text-embedding-3-small", input: texts[7], dimensions }),
  });
  const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
  assert.deepEqual([...(stored.get("k7") as Iterable<number>)], [...Float32Array.from(data[0]!.embedding)]);
  assert.deepEqual(stored.get("k60"), stored.get("k0"));

  // Nothing is left behind, here or there.
  const state = await readdir(join(scene.folder, "reembed-data", ".reembed"), { recursive: true });
  assert.deepEqual(
    state.filter((name) => /^(?:batches|spool)\/.*\./.test(name)),
    [],
  );
  const files = await fetch(`${scene.mock.url}/v1/files`);
  assert.deepEqual(((await files.json()) as { data: unknown[] }).data, []);
});
