import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataType } from "apache-arrow";
import { arrow } from "../../src/arrow.ts";
import type { Key } from "../../src/core/words.ts";
import {
  addVersion,
  batchOf,
  code,
  fill,
  importBatches,
  patchOf,
  tempStore,
  vectorsByKey,
  valuesOf,
} from "./support.ts";

const hostile = [
  "it's",
  "'; DROP TABLE t; --",
  'say "hi"',
  "`tick`",
  "back\\slash",
  "%_",
  "",
  " ",
  "new\nline\r\n\ttab",
  "nul\u0000byte",
  "\u0001\u001b[31mred",
  "\u2028line separator",
  "emoji 👩‍👩‍👧 and 日本語",
  "é",
  "e\u0301",
  "x".repeat(100_000),
];

test("hostile keys and texts pass through every way of reading and writing", async (context) => {
  const { store } = await tempStore(context, 5);
  await importBatches(store, "t", [batchOf({ id: hostile, text: hostile.toReversed() })]);
  const table = await store.openTable("t");
  await table.prepareForPatches();
  const v1 = await addVersion(table, "v1");
  assert.equal(await fill(table, v1), hostile.length);
  const counts = await table.counts(v1);
  assert.deepEqual([counts.covered, counts.skipped], [hostile.length - 1, 1]);
  assert.deepEqual(await Array.fromAsync(table.staleKeys(v1)), []);
  const found = valuesOf(await table.readTextsByKey(hostile));
  assert.deepEqual(new Set(found.keys), new Set(hostile));
  for (const [row, key] of found.keys.entries()) {
    assert.equal(found.texts[row], hostile[hostile.length - 1 - hostile.indexOf(key as string)]);
  }
  const rows = await table.rowsByKey(["it's"], ["text"]);
  assert.deepEqual(rows, [{ key: "it's", row: { text: hostile.at(-1) } }]);
  await assert.rejects(
    () =>
      importBatches(store, "t", [batchOf({ id: ["'; DROP TABLE t; --"], text: ["x"] })], { mode: "append" }),
    code("REEMBED_CORPUS_KEY_DUPLICATE"),
  );
});

test("column names with spaces, capitals, quotes and dashes work", async (context) => {
  const { store } = await tempStore(context, 2);
  const corpus = { key: "Schlüssel_1", text: ["it's-text", "käse"] } as const;
  const rows = batchOf({ Schlüssel_1: ["a", "b", "c"], "it's-text": ["1", "2", "3"], käse: ["x", "", "z"] });
  await importBatches(store, "t", [rows], { corpus });
  const table = await store.openTable("t");
  await table.prepareForPatches();
  const v1 = await addVersion(table, "v1");
  assert.equal(await fill(table, v1), 3);
  assert.deepEqual(valuesOf(await table.readTextsByKey(["a", "b"])), {
    keys: ["a", "b"],
    texts: ["1 x", "2"],
  });
  const [first] = await table.search({
    column: v1.column,
    vector: new Float32Array(8).fill(1),
    limit: 1,
    columns: ["käse"],
  });
  assert.ok(first !== undefined && "käse" in first.row);
});

test("key columns that Lance's index cannot serve are refused", async (context) => {
  const { store } = await tempStore(context);
  for (const key of ["the key", "it's", "a-b", "a/b", "a:b"]) {
    const rows = batchOf({ [key]: ["a"], text: ["x"] });
    await assert.rejects(
      () => importBatches(store, "t", [rows], { corpus: { key, text: ["text"] } }),
      code("REEMBED_CORPUS_COLUMN_RESERVED", /cannot be the key/),
    );
  }
  const large = batchOf({ id: ["a"], text: ["x"] }, { id: new arrow.LargeUtf8() });
  await assert.rejects(
    () => importBatches(store, "t", [large]),
    code("REEMBED_CORPUS_COLUMN_TYPE", /LargeUtf8/),
  );
  assert.deepEqual(await store.tableNames(), []);
});

const integers: readonly (readonly [string, DataType, readonly Key[]])[] = [
  ["Int8", new arrow.Int8(), [-128n, 0n, 127n]],
  ["Int16", new arrow.Int16(), [-32768n, 7n, 32767n]],
  ["Int32", new arrow.Int32(), [-(2n ** 31n), 7n, 2n ** 31n - 1n]],
  ["Int64", new arrow.Int64(), [-(2n ** 63n), 7n, 2n ** 63n - 1n]],
  ["Uint8", new arrow.Uint8(), [0n, 7n, 255n]],
  ["Uint32", new arrow.Uint32(), [0n, 7n, 2n ** 32n - 1n]],
  ["Uint64", new arrow.Uint64(), [0n, 7n, 2n ** 64n - 1n]],
];

for (const [name, type, keys] of integers) {
  test(`keys of type ${name} come back as they went in, at both ends of their range`, async (context) => {
    const { store } = await tempStore(context);
    const values = keys.map((key) => (name.endsWith("64") ? key : Number(key)));
    await importBatches(store, "t", [batchOf({ id: values, text: ["x", "y", "z"] }, { id: type })]);
    const table = await store.openTable("t");
    await table.prepareForPatches();
    const v1 = await addVersion(table, "v1");
    assert.equal((await table.patch(v1, patchOf(v1, keys, ["x", "y", "z"]))).updated, 3);
    assert.deepEqual([...(await vectorsByKey(table, v1)).keys()], keys);
    assert.deepEqual(valuesOf(await table.readTextsByKey(keys)).keys.length, 3);
    assert.deepEqual(valuesOf(await table.readTextsByKey([keys[0] as Key])).keys, [keys[0]]);
  });
}

test("duplicate strings are found among many, and equal lengths are no duplicates", async (context) => {
  const { store, lance } = await tempStore(context, 5000);
  const ids = Array.from({ length: 20_000 }, (_, row) => `key-${String(row).padStart(6, "0")}`);
  await importBatches(store, "t", [batchOf({ id: ids, text: ids })]);
  const table = await store.openTable("t");
  await table.prepareForPatches();
  await (await lance("t")).add([{ id: "key-000123", text: "again" }]);
  await assert.rejects(
    () => table.prepareForPatches(),
    code("REEMBED_STORE_KEY_DUPLICATE", /1 rows .*"key-000123"/),
  );
});
