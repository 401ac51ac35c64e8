import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, Index } from "@lancedb/lancedb";
import { columnPatch } from "../../src/store/column-patch.ts";
import { tableHandle } from "../../src/store/table-handle.ts";
import { meddling } from "./meddling.ts";
import {
  addVersion,
  code,
  coverage,
  fill,
  fillFragment,
  numberedTable,
  patchOf,
  tempStore,
  vectorsByKey,
  valuesOf,
} from "./support.ts";

test("filling v2 leaves v1's index complete and v1's bytes as they were", async (context) => {
  const { store } = await tempStore(context, 500);
  const table = await numberedTable(store, 3000);
  await table.prepareForPatches();
  const v1 = await addVersion(table, "v1");
  assert.equal(await fill(table, v1), 3000);
  const index = await table.buildIndex(v1, "ivf_flat");
  assert.equal(index?.type, "ivf_flat");
  assert.equal(await coverage(table, v1), "3000/0");
  const before = await vectorsByKey(table, v1);
  const fragments = await table.fragments(null);

  const v2 = await addVersion(table, "v2", 16);
  assert.equal(await coverage(table, v1), "3000/0");
  for (const fragment of await table.fragments(v2)) {
    assert.equal(await fillFragment(table, v2, fragment.id), 500);
    assert.equal(await coverage(table, v1), "3000/0");
  }
  assert.deepEqual(await table.fragments(v2), []);
  assert.deepEqual(
    await table.fragments(null),
    fragments,
    "plans name fragments, so these stay what they are",
  );
  await table.buildIndex(v2, "ivf_flat");
  assert.equal(await coverage(table, v1), "3000/0");
  assert.equal(await coverage(table, v2), "3000/0");
  assert.deepEqual(await vectorsByKey(table, v1), before);
  assert.equal((await vectorsByKey(table, v2)).size, 3000);
});

test("the same with fragments of the usual size", async (context) => {
  const { store } = await tempStore(context, 32_768);
  const table = await numberedTable(store, 80_000);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  await table.buildIndex(v1, "auto");
  const v2 = await addVersion(table, "v2");
  for (const fragment of await table.fragments(v2)) {
    await fillFragment(table, v2, fragment.id);
    assert.equal(await coverage(table, v1), "80000/0");
  }
  assert.equal((await table.counts(v2)).covered, 80_000);
});

test("a table of one fragment, patched again and again, is never rewritten", async (context) => {
  const { store, lance } = await tempStore(context, 1000);
  const table = await numberedTable(store, 300);
  for (const name of ["v1", "v2", "v3"]) {
    const version = await addVersion(table, name);
    assert.equal(await fill(table, version), 300);
  }
  assert.equal((await (await lance("t")).stats()).fragmentStats.numFragments, 1);
});

test("the key's index is rebuilt when someone drops it between patches", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 500);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  await table.buildIndex(v1, "ivf_flat");
  const v2 = await addVersion(table, "v2");
  await fillFragment(table, v2, 0);
  await (await lance("t")).dropIndex("id_idx");
  await fillFragment(table, v2, 1);
  assert.equal(await coverage(table, v1), "500/0");
  assert.equal((await table.counts(v2)).covered, 200);
});

test("an index of another name on the key is used and keeps its name", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 200);
  const other = await lance("t");
  await other.dropIndex("id_idx");
  await other.createIndex("id", { config: Index.btree(), name: "mine" });
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  await other.checkoutLatest();
  assert.deepEqual(
    (await other.listIndices()).map((index) => index.name),
    ["mine"],
  );
});

for (const indexed of [true, false]) {
  test(`a merge that rewrites rows stops the run, ${indexed ? "with" : "without"} a vector index`, async (context) => {
    const { store, uri, lance } = await tempStore(context, 100);
    const table = await numberedTable(store, 300);
    const v1 = await addVersion(table, "v1");
    await fill(table, v1);
    if (indexed) await table.buildIndex(v1, "ivf_flat");
    const v2 = await addVersion(table, "v2");
    const keys = Array.from({ length: 100 }, (_, row) => BigInt(row));
    const rows = patchOf(
      v2,
      keys,
      keys.map((key) => `text of row ${key}`),
    );
    const other = await lance("t");
    // A row that goes makes Lance run the merge again, on a table that has lost the index.
    const handle = meddling(tableHandle(await connect(uri), "t"), {
      before: async () => {
        await other.dropIndex("id_idx");
        await other.delete("id = 5");
      },
    });
    await assert.rejects(
      () => columnPatch(handle).patch(v2, rows),
      code("REEMBED_STORE_ROW_REWRITE", /whole rows anew/),
    );
    // Nothing was lost, and the next patch makes sure of the index again.
    assert.equal((await table.counts(v2)).covered, 99);
    assert.equal(await fill(table, v2), 200);
  });
}

test("an index that goes while a merge begins does not make it rewrite rows", async (context) => {
  const { store, uri, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 300);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  await table.buildIndex(v1, "ivf_flat");
  const v2 = await addVersion(table, "v2");
  const keys = Array.from({ length: 100 }, (_, row) => BigInt(row));
  const rows = patchOf(
    v2,
    keys,
    keys.map((key) => `text of row ${key}`),
  );
  const other = await lance("t");
  const handle = meddling(tableHandle(await connect(uri), "t"), {
    before: () => other.dropIndex("id_idx"),
  });
  assert.equal((await columnPatch(handle).patch(v2, rows)).updated, 100);
  assert.equal(await coverage(table, v1), "300/0");
});

test("a merge that follows a compaction of its fragments keeps rows in place or stops", async (context) => {
  const { store, uri, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 300);
  const v1 = await addVersion(table, "v1");
  const keys = Array.from({ length: 100 }, (_, row) => BigInt(row));
  const rows = patchOf(
    v1,
    keys,
    keys.map((key) => `text of row ${key}`),
  );
  const other = await lance("t");
  const handle = meddling(tableHandle(await connect(uri), "t"), { before: () => other.optimize() });
  assert.equal((await columnPatch(handle).patch(v1, rows)).updated, 100);
  assert.equal((await table.counts(v1)).covered, 100);
  assert.equal(await fill(table, v1), 200);
});

test("rows deleted meanwhile are counted, not missed", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 200);
  const v1 = await addVersion(table, "v1");
  const keys = Array.from({ length: 100 }, (_, row) => BigInt(row));
  const rows = patchOf(
    v1,
    keys,
    keys.map((key) => `text of row ${key}`),
  );
  await (await lance("t")).delete("id IN (3, 50, 99)");
  const result = await table.patch(v1, rows);
  assert.equal(result.updated, 97);
  assert.equal(result.deletedMeanwhile, 3);
  assert.deepEqual(await table.counts(v1), {
    rows: 197,
    covered: 97,
    skipped: 0,
    pending: 100,
    newestEmbeddedAtMs: Date.UTC(2026, 0, 2),
  });
});

test("a fragment deleted meanwhile is counted as deleted rows", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 300);
  const v1 = await addVersion(table, "v1");
  const keys = Array.from({ length: 100 }, (_, row) => BigInt(100 + row));
  const rows = patchOf(
    v1,
    keys,
    keys.map((key) => `text of row ${key}`),
  );
  await (await lance("t")).delete("id >= 100 AND id < 200");
  assert.equal((await table.patch(v1, rows)).deletedMeanwhile, 100);
  assert.equal(await fill(table, v1), 200);
});

test("a key that came to stand twice stops the run", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 200);
  const v1 = await addVersion(table, "v1");
  await (await lance("t")).add([{ id: 5n, text: "again" }]);
  await assert.rejects(() => fillFragment(table, v1, 0), code("REEMBED_STORE_PATCH_COUNT", /unique/));
  await assert.rejects(() => table.prepareForPatches(), code("REEMBED_STORE_KEY_DUPLICATE", /"5"/));
});

test("optimize in mid-run does not stop it, and nothing is lost", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 600);
  const v1 = await addVersion(table, "v1");
  await fillFragment(table, v1, 0);
  await fillFragment(table, v1, 1);
  const other = await lance("t");
  await other.optimize();
  const left = await table.fragments(v1);
  assert.equal(
    left.reduce((sum, fragment) => sum + fragment.pending, 0),
    400,
  );
  assert.ok(left.every((fragment) => fragment.id > 5));
  assert.equal(await fill(table, v1), 400);
  assert.equal((await table.counts(v1)).covered, 600);
});

test("rows appended and changed meanwhile are found by the next look", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 200);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  const other = await lance("t");
  await other.add([{ id: 900n, text: "new" }]);
  await other.update({ where: "id = 7", values: { text: "it's changed" } });
  assert.deepEqual(await table.counts(v1), {
    rows: 201,
    covered: 200,
    skipped: 0,
    pending: 1,
    newestEmbeddedAtMs: Date.UTC(2026, 0, 2),
  });
  assert.deepEqual(await Array.fromAsync(table.staleKeys(v1)), [[7n]]);
  assert.equal(await fill(table, v1), 1);
  const stale = valuesOf(await table.readTextsByKey([7n, 12345n]));
  assert.deepEqual(stale, { keys: [7n], texts: ["it's changed"] });
  await table.patch(v1, patchOf(v1, stale.keys, stale.texts));
  assert.deepEqual(await Array.fromAsync(table.staleKeys(v1)), []);
});

test("a row that cannot have a vector is skipped: handled, null vector, null time", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 10);
  const v1 = await addVersion(table, "v1");
  const keys = Array.from({ length: 10 }, (_, row) => BigInt(row));
  await table.patch(
    v1,
    patchOf(
      v1,
      keys,
      keys.map((key) => (key < 3n ? "" : `text ${key}`)),
    ),
  );
  assert.deepEqual(await table.counts(v1), {
    rows: 10,
    covered: 7,
    skipped: 3,
    pending: 0,
    newestEmbeddedAtMs: Date.UTC(2026, 0, 2),
  });
  assert.equal(await (await lance("t")).countRows("vector_v1 IS NULL"), 3);
  assert.equal((await vectorsByKey(table, v1)).size, 7);
});

test("a patch of the wrong shape, or of a version that is gone, writes nothing", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 10);
  const v1 = await addVersion(table, "v1");
  const rows = patchOf(v1, [1n], ["x"]);
  await assert.rejects(
    () => table.patch(v1, { ...rows, vectors: new Float32Array(7) }),
    code("REEMBED_INTERNAL"),
  );
  await assert.rejects(
    () => table.patch({ ...v1, spaceId: "other" }, rows),
    code("REEMBED_STORE_STATE", /another space/),
  );
  await table.changeVersions([{ name: "v1", from: "planned", to: "abandoned" }]);
  await table.dropVersionColumns("v1");
  await assert.rejects(() => table.patch(v1, rows), code("REEMBED_STORE_STATE", /lost its column/));
  assert.equal((await table.patch(await addVersion(table, "v2"), patchOf(v1, [], []))).updated, 0);
});

test("two backfills of different versions at once do not disturb each other", async (context) => {
  const { store } = await tempStore(context, 100);
  const one = await numberedTable(store, 600);
  const two = await store.openTable("t");
  const v1 = await addVersion(one, "v1");
  const v2 = await addVersion(two, "v2");
  await Promise.all([fill(one, v1), fill(two, v2)]);
  assert.equal((await one.counts(v1)).covered, 600);
  assert.equal((await one.counts(v2)).covered, 600);
});
