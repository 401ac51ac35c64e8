import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { countKeys, unpackKeys } from "../../src/core/key-column.ts";
import { fileURLToPath } from "node:url";
import { connect } from "@lancedb/lancedb";
import { arrow } from "../../src/arrow.ts";
import { openStore } from "../../src/store/open-store.ts";
import {
  addVersion,
  batchOf,
  code,
  corpus,
  fill,
  importBatches,
  numberedRows,
  numberedTable,
  sourceBatch,
  tempStore,
} from "./support.ts";

const here = dirname(fileURLToPath(import.meta.url));

test("batches of any size become fragments of the set size", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const sizes = [30, 250, 1, 69, 7];
  let from = 0;
  const batches = sizes.map((size) => numberedRows(from, (from += size)));
  const written = await importBatches(store, "t", batches);
  assert.equal(written.rows, 357);
  assert.ok(written.bytes > 357 * 20);
  const table = await lance("t");
  assert.deepEqual((await table.stats()).fragmentStats.lengths.min, 57);
  assert.equal((await table.stats()).fragmentStats.numFragments, 4);
  const snapshot = await (await store.openTable("t")).snapshot();
  assert.deepEqual(snapshot.corpus, corpus);
  assert.equal(snapshot.rows, 357);
  assert.deepEqual(snapshot.versions, []);
  const version = await addVersion(await store.openTable("t"), "v1");
  const texts = await Array.fromAsync(
    (await store.openTable("t")).readTexts(version, [0, 1, 2, 3], { batchRows: 64 }),
  );
  assert.deepEqual(
    texts.flatMap((rows) => unpackKeys(rows.keys)),
    Array.from({ length: 357 }, (_, row) => BigInt(row)),
  );
  assert.ok(texts.every((rows) => countKeys(rows.keys) <= 64));
});

test("large texts bound a fragment by bytes", async (context) => {
  const { store, uri } = await tempStore(context);
  const big = await openStore(uri, { fragment: { rows: 1000, bytes: 3_000_000 } });
  const rows = batchOf({
    id: [1n, 2n, 3n, 4n, 5n],
    text: Array.from({ length: 5 }, () => "x".repeat(1_000_000)),
  });
  await importBatches(big, "t", [rows]);
  const table = await store.openTable("t");
  const version = await addVersion(table, "v1");
  assert.deepEqual(
    (await table.fragments(version)).map((fragment) => fragment.rows),
    [2, 2, 1],
  );
});

test("an import that was aborted leaves no table", async (context) => {
  const { store } = await tempStore(context);
  const rows = numberedRows(0, 250);
  const importer = await store.importer({ table: "t", corpus, schema: rows.schema, mode: "create" });
  await importer.write(sourceBatch(rows));
  await importer.abort();
  assert.deepEqual(await store.tableNames(), []);
  await assert.rejects(() => store.openTable("t"), code("REEMBED_STORE_TABLE_MISSING", /no tables yet/));
});

test("an import that was killed is recognised, and the next one starts clean", async (context) => {
  const { store, uri } = await tempStore(context);
  const child = spawn(process.execPath, [join(here, "killed-import.ts"), uri, "create"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  await assert.rejects(() => store.openTable("t"), code("REEMBED_STORE_IMPORT_UNFINISHED", /starts clean/));
  await assert.rejects(
    () => importBatches(store, "t", [numberedRows(0, 5)], { mode: "append" }),
    code("REEMBED_STORE_IMPORT_UNFINISHED"),
  );
  await importBatches(store, "t", [numberedRows(0, 5)]);
  assert.equal((await (await store.openTable("t")).snapshot()).rows, 5);
});

test("an import that is still running is not disturbed by another", async (context) => {
  const { store } = await tempStore(context);
  const rows = numberedRows(0, 250);
  const importer = await store.importer({ table: "t", corpus, schema: rows.schema, mode: "create" });
  await assert.rejects(
    () => importBatches(store, "t", [numberedRows(0, 5)]),
    code("REEMBED_STORE_CONFLICT", /under way/),
  );
  await importer.write(sourceBatch(rows));
  await importer.commit();
  assert.equal((await (await store.openTable("t")).snapshot()).rows, 250);
});

test("a finished table is not imported over", async (context) => {
  const { store } = await tempStore(context);
  await numberedTable(store, 5);
  await assert.rejects(
    () => importBatches(store, "t", [numberedRows(0, 9)]),
    code("REEMBED_STORE_TABLE_EXISTS", /--mode append/),
  );
  assert.equal((await (await store.openTable("t")).snapshot()).rows, 5);
});

test("append adds rows beside filled versions, and leaves nothing behind", async (context) => {
  const { store, lance } = await tempStore(context, 100);
  const table = await numberedTable(store, 150);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  const written = await importBatches(store, "t", [numberedRows(150, 400)], { mode: "append" });
  assert.equal(written.rows, 250);
  const counts = await table.counts(v1);
  assert.deepEqual([counts.rows, counts.covered, counts.pending], [400, 150, 250]);
  assert.deepEqual(await store.tableNames(), ["t"]);
  const metadata = (await (await lance("t")).schema()).fields[0]?.metadata;
  assert.equal(metadata?.has("reembed:append"), false);
});

test("append refuses keys that are there, and leaves the table as it was", async (context) => {
  const { store } = await tempStore(context, 100);
  const table = await numberedTable(store, 150);
  const before = await table.snapshot();
  // Few against many goes by look-up, many against few by scan.
  for (const rows of [numberedRows(149, 152), numberedRows(100, 300)]) {
    await assert.rejects(
      () => importBatches(store, "t", [rows], { mode: "append" }),
      code("REEMBED_CORPUS_KEY_DUPLICATE", /nothing was appended/),
    );
  }
  assert.equal((await table.snapshot()).tableVersion, before.tableVersion);
  assert.deepEqual(await store.tableNames(), ["t"]);
});

test("append refuses other columns, with the differences", async (context) => {
  const { store } = await tempStore(context);
  await numberedTable(store, 5);
  const other = batchOf({ id: ["a"], text: ["b"], extra: ["c"] });
  await assert.rejects(
    () => importBatches(store, "t", [other], { mode: "append" }),
    code("REEMBED_CORPUS_SCHEMA_MISMATCH", /id is Utf8, and Int64 in the table; extra is not in the table/),
  );
  await assert.rejects(
    () => importBatches(store, "none", [other], { mode: "append" }),
    code("REEMBED_STORE_TABLE_MISSING", /it has t/),
  );
});

test("an append that was killed midway is undone by the next one", async (context) => {
  const { store, uri, lance } = await tempStore(context, 10);
  await numberedTable(store, 30);
  const child = spawn(process.execPath, [join(here, "killed-import.ts"), uri, "append"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  const between = await lance("t");
  const rows = await between.countRows();
  assert.ok(rows > 30 && rows < 1030, `${rows} rows after the kill`);
  // Another writer's rows stay.
  await between.add([{ id: 5000n, text: "other" }]);
  await importBatches(store, "t", [numberedRows(30, 50)], { mode: "append" });
  await between.checkoutLatest();
  assert.equal(await between.countRows(), 51);
  assert.deepEqual(await store.tableNames(), ["t"]);
});

test("what a killed append had only staged is dropped by the next one", async (context) => {
  const { store, uri } = await tempStore(context, 10);
  await numberedTable(store, 30);
  const child = spawn(process.execPath, [join(here, "killed-import.ts"), uri, "stage"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const live = (await connect(uri)).tableNames({ limit: 100 });
  assert.equal((await live).length, 2);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.deepEqual(await store.tableNames(), ["t"]);
  await importBatches(store, "t", [numberedRows(30, 50)], { mode: "append" });
  assert.deepEqual(await (await connect(uri)).tableNames({ limit: 100 }), ["t"]);
});

test("an append that cannot be ended keeps what tells its rows from others", async (context) => {
  const { store, uri, lance } = await tempStore(context, 10);
  await numberedTable(store, 30);
  const other = await lance("t");
  const appending = importBatches(store, "t", [numberedRows(30, 530)], { mode: "append" });
  const failed = assert.rejects(appending, code("REEMBED_STORE_CONFLICT", /took this one for dead/));
  while ((await other.countRows()) === 30) await other.checkoutLatest();
  const mark = { id: "x", staging: "none", startedAt: new Date().toISOString(), host: "elsewhere", pid: 1 };
  await other.updateFieldMetadata([{ path: "id", metadata: { "reembed:append": JSON.stringify(mark) } }]);
  await failed;
  const tables = await (await connect(uri)).tableNames({ limit: 100 });
  assert.equal(tables.length, 2, "the staged keys are still there");
});

test("an append meets another one that is under way", async (context) => {
  const { store, lance } = await tempStore(context, 10);
  await numberedTable(store, 30);
  const mark = { id: "x", staging: "none", startedAt: new Date().toISOString() };
  const other = await lance("t");
  const set = (more: object): Promise<unknown> =>
    other.updateFieldMetadata([
      { path: "id", metadata: { "reembed:append": JSON.stringify({ ...mark, ...more }) } },
    ]);
  const append = (): Promise<unknown> =>
    importBatches(store, "t", [numberedRows(30, 31)], { mode: "append" });
  await set({ host: hostname(), pid: process.pid });
  await assert.rejects(append, code("REEMBED_STORE_CONFLICT", /under way/));
  await other.checkoutLatest();
  await set({ host: "elsewhere", pid: 1 });
  await assert.rejects(append, code("REEMBED_STORE_CONFLICT", /elsewhere/));
  await other.checkoutLatest();
  await set({ host: "elsewhere", pid: 1, startedAt: "2020-01-01T00:00:00.000Z" });
  await append();
  assert.equal((await (await store.openTable("t")).snapshot()).rows, 31);
});

test("sources that differ are refused with the column", async (context) => {
  const { store } = await tempStore(context);
  await assert.rejects(
    () => importBatches(store, "t", [numberedRows(0, 5), batchOf({ id: ["x"], text: ["y"] })]),
    code("REEMBED_CORPUS_SCHEMA_MISMATCH", /column id/),
  );
  assert.deepEqual(await store.tableNames(), []);
});

test("columns that Lance cannot hold are refused before anything is made", async (context) => {
  const { store } = await tempStore(context);
  for (const name of ["a.b", "", 'say "x"', "tick`", "_rowid"]) {
    await assert.rejects(
      () => importBatches(store, "t", [batchOf({ id: [1n], text: ["x"], [name]: ["y"] })]),
      code("REEMBED_CORPUS_COLUMN_RESERVED"),
    );
  }
  const float = batchOf({ id: [1.5], text: ["x"] }, { id: new arrow.Float64() });
  await assert.rejects(
    () => importBatches(store, "t", [float]),
    code("REEMBED_CORPUS_COLUMN_TYPE", /Float64/),
  );
  assert.deepEqual(await store.tableNames(), []);
});

test("a registry that comes in with the data is left out", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 5);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  const exported = await (await lance("t")).toArrow();
  await importBatches(store, "copy", exported.batches as never);
  const copy = await store.openTable("copy");
  assert.deepEqual((await copy.snapshot()).versions, []);
  await assert.rejects(() => addVersion(copy, "v1"), code("REEMBED_STORE_COLUMN_TAKEN", /vector_v1/));
});

test("URIs of unknown schemes are refused", async () => {
  for (const uri of ["db://cloud", "hdfs://x/y", ""]) {
    await assert.rejects(() => openStore(uri), code("REEMBED_STORE_URI"));
  }
});
