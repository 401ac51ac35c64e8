import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow } from "../../src/arrow.ts";
import { canonicalJson } from "../../src/core/space.ts";
import {
  addVersion,
  batchOf,
  code,
  corpus,
  coverage,
  fill,
  importBatches,
  numberedTable,
  tempStore,
  testSpace,
  valuesOf,
} from "./support.ts";

test("a version's columns, record and metadata appear in one commit", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 5);
  const before = await table.snapshot();
  const made = await table.createVersion({ name: "v1", reference: "bundled:x", space: testSpace(8) });
  const after = await table.snapshot();
  assert.equal(after.tableVersion, before.tableVersion + 1);
  assert.deepEqual(after.versions, [made]);
  assert.equal(made.column, "vector_v1");
  assert.equal(made.state, "planned");
  assert.equal(made.ordinal, 1);
  const field = (await (await lance("t")).schema()).fields.find(
    (candidate) => candidate.name === "vector_v1",
  );
  assert.equal(String(field?.type), "FixedSizeList[8]<Float32>");
  assert.equal(field?.metadata.get("reembed:space"), canonicalJson(testSpace(8).description));
  assert.equal(field?.metadata.get("reembed:space-id"), testSpace(8).id);
  assert.equal(field?.metadata.get("reembed:state"), "planned");
  assert.equal(field?.metadata.get("lancedb:logical-column"), "vector");
});

test("names are checked, and used once", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 5);
  await addVersion(table, "v1");
  await assert.rejects(() => addVersion(table, "v1"), code("REEMBED_STORE_VERSION_EXISTS"));
  await assert.rejects(() => addVersion(table, "a b"), code("REEMBED_USAGE"));
  await assert.rejects(() => addVersion(table, "x'; DROP"), code("REEMBED_USAGE"));
  await assert.rejects(() => addVersion(table, "x".repeat(49)), code("REEMBED_USAGE"));
  await (
    await lance("t")
  ).addColumns(new arrow.Schema([new arrow.Field("vector_v2", new arrow.Utf8(), true)]));
  await assert.rejects(
    () => addVersion(table, "v2"),
    code("REEMBED_STORE_COLUMN_TAKEN", /vector_v2 \(Utf8\)/),
  );
  await (await lance("t")).addColumns([{ name: "Vector_V3__hash", valueSql: "1" }]);
  await assert.rejects(() => addVersion(table, "v3"), code("REEMBED_STORE_COLUMN_TAKEN"));
  const odd = await addVersion(table, "my-model_2");
  assert.equal(await fill(table, odd), 5);
});

test("states move by the table of transitions, with a history", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 5);
  await addVersion(table, "v1");
  const change = (from: string, to: string, more = {}): Promise<void> =>
    table.changeVersions([{ name: "v1", from, to, ...more } as never]);
  await assert.rejects(
    () => change("planned", "active"),
    code("REEMBED_STORE_STATE", /from planned to active/),
  );
  await change("planned", "backfilling");
  await assert.rejects(
    () => change("planned", "backfilling"),
    code("REEMBED_STORE_CONFLICT", /is backfilling by now, not planned/),
  );
  await change("backfilling", "ready");
  await change("ready", "active", { why: "first" });
  const [v1] = (await table.snapshot()).versions;
  assert.equal(v1?.state, "active");
  assert.deepEqual(
    v1?.history.map((entry) => [entry.state, entry.why]),
    [
      ["planned", undefined],
      ["backfilling", undefined],
      ["ready", undefined],
      ["active", "first"],
    ],
  );
  await assert.rejects(
    () => table.changeVersions([{ name: "v9", from: "ready", to: "active" }]),
    code("REEMBED_STORE_VERSION_MISSING", /it has v1/),
  );
});

test("a flip is one commit, and never leaves two versions active", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 5);
  for (const name of ["v1", "v2"]) {
    await addVersion(table, name);
    await table.changeVersions([{ name, from: "planned", to: "backfilling" }]);
    await table.changeVersions([{ name, from: "backfilling", to: "ready" }]);
  }
  await table.changeVersions([{ name: "v1", from: "ready", to: "active" }]);
  await assert.rejects(
    () => table.changeVersions([{ name: "v2", from: "ready", to: "active" }]),
    code("REEMBED_STORE_STATE", /v1 and v2 would both be active/),
  );
  const before = await table.snapshot();
  const dueAt = "2026-03-01T00:00:00.000Z";
  await table.changeVersions([
    { name: "v1", from: "active", to: "retiring", dueAt },
    { name: "v2", from: "ready", to: "active" },
  ]);
  const after = await table.snapshot();
  assert.equal(after.tableVersion, before.tableVersion + 1);
  assert.deepEqual(
    after.versions.map((version) => [version.name, version.state, version.dueAt]),
    [
      ["v1", "retiring", dueAt],
      ["v2", "active", null],
    ],
  );
  // Rollback clears the date.
  await table.changeVersions([
    { name: "v2", from: "active", to: "retiring", dueAt },
    { name: "v1", from: "retiring", to: "active" },
  ]);
  assert.equal((await table.snapshot()).versions[0]?.dueAt, null);
});

test("of changes raced from two connections, exactly one wins, on the same and on other columns", async (context) => {
  const { store } = await tempStore(context);
  const one = await numberedTable(store, 5);
  const two = await store.openTable("t");
  for (let round = 0; round < 5; round += 1) {
    const [a, b] = [`a${round}`, `b${round}`];
    for (const name of [a, b]) {
      await addVersion(one, name);
      await one.changeVersions([{ name, from: "planned", to: "backfilling" }]);
      await one.changeVersions([{ name, from: "backfilling", to: "ready" }]);
    }
    const results = await Promise.allSettled([
      one.changeVersions([{ name: a, from: "ready", to: "active" }]),
      two.changeVersions([{ name: b, from: "ready", to: "active" }]),
    ]);
    const lost = results.filter((result) => result.status === "rejected");
    assert.equal(lost.length, 1);
    code("REEMBED_STORE_STATE")(lost[0]?.reason);
    const active = (await one.snapshot()).versions.filter((version) => version.state === "active");
    assert.equal(active.length, 1);
    await one.changeVersions([{ name: active[0]?.name ?? "", from: "active", to: "retiring" }]);
    const same = await Promise.allSettled([
      one.changeVersions([{ name: active[0]?.name ?? "", from: "retiring", to: "retired" }]),
      two.changeVersions([{ name: active[0]?.name ?? "", from: "retiring", to: "active" }]),
    ]);
    assert.equal(same.filter((result) => result.status === "fulfilled").length, 1);
    const left = (await one.snapshot()).versions.find((version) => version.state === "active");
    if (left !== undefined) await one.changeVersions([{ name: left.name, from: "active", to: "retiring" }]);
  }
});

test("the same version made from two connections at once is made once", async (context) => {
  const { store } = await tempStore(context);
  const one = await numberedTable(store, 5);
  const two = await store.openTable("t");
  const results = await Promise.allSettled([
    addVersion(one, "v1"),
    addVersion(two, "v1"),
    addVersion(two, "v2"),
  ]);
  assert.equal(results.filter((result) => result.status === "fulfilled").length, 2);
  const { versions } = await one.snapshot();
  assert.deepEqual(versions.map((version) => version.name).toSorted(), ["v1", "v2"]);
  assert.deepEqual(
    versions.map((version) => version.ordinal),
    [1, 2],
  );
});

test("a retired version keeps its record and loses its columns, once", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 300);
  const v1 = await addVersion(table, "v1");
  await fill(table, v1);
  await table.buildIndex(v1, "ivf_flat");
  await assert.rejects(() => table.dropVersionColumns("v1"), code("REEMBED_STORE_STATE", /is planned/));
  await table.changeVersions([{ name: "v1", from: "planned", to: "abandoned", why: "a typo" }]);
  assert.equal((await table.snapshot()).versions[0]?.state, "abandoned");
  assert.equal(await table.dropVersionColumns("v1"), 300 * (8 * 4 + 16));
  assert.equal(await table.dropVersionColumns("v1"), 0);
  const { versions, schema } = await table.snapshot();
  assert.deepEqual(
    schema.fields.map((field) => field.name),
    ["id", "text"],
  );
  assert.equal(versions[0]?.history.at(-1)?.why, "a typo");
  assert.equal(await coverage(table, v1), "none");
  await assert.rejects(() => addVersion(table, "v1"), code("REEMBED_STORE_VERSION_EXISTS"));
  // A column that someone else makes under the old name is left alone.
  await (await lance("t")).addColumns([{ name: "vector_v1", valueSql: "1" }]);
  assert.equal(await table.dropVersionColumns("v1"), 0);
  const v2 = await addVersion(table, "v2");
  assert.equal(v2.ordinal, 2);
});

test("a table of others becomes a corpus by naming its columns", async (context) => {
  const { store, uri } = await tempStore(context);
  const { connect } = await import("@lancedb/lancedb");
  await (await connect(uri)).createTable("theirs", [{ id: "a", title: "one", body: "two" }]);
  const table = await store.openTable("theirs");
  assert.equal((await table.snapshot()).corpus, null);
  await assert.rejects(
    () => addVersion(table, "v1"),
    code("REEMBED_STORE_TABLE_FOREIGN", /--key and --text/),
  );
  await assert.rejects(
    () => table.setCorpus({ key: "nope", text: ["body"] }),
    code("REEMBED_CORPUS_COLUMN_MISSING"),
  );
  await table.setCorpus({ key: "id", text: ["title", "body"] });
  await table.setCorpus({ key: "title", text: ["body"] });
  await table.setCorpus({ key: "id", text: ["title", "body"] });
  await table.prepareForPatches();
  const v1 = await addVersion(table, "v1");
  assert.deepEqual(valuesOf(await table.readTextsByKey(["a"])), { keys: ["a"], texts: ["one two"] });
  assert.equal(await fill(table, v1), 1);
  await table.setCorpus({ key: "id", text: ["title", "body"] });
  await assert.rejects(() => table.setCorpus({ key: "id", text: ["body"] }), code("REEMBED_STORE_STATE"));
});

test("metadata that was damaged is named, not guessed at", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 5);
  await addVersion(table, "v1");
  await (
    await lance("t")
  ).updateFieldMetadata([{ path: "vector_v1", metadata: { "reembed:space": "{broken" } }]);
  await assert.rejects(
    () => table.snapshot(),
    code("REEMBED_STORE_METADATA", /reembed:space of column vector_v1/),
  );
});

test("null keys are refused before a backfill", async (context) => {
  const { store, lance } = await tempStore(context);
  await importBatches(store, "t", [batchOf({ id: ["a"], text: ["b"] })]);
  await (await lance("t")).add([{ id: null, text: "x" }]);
  const table = await store.openTable("t");
  await assert.rejects(() => table.prepareForPatches(), code("REEMBED_STORE_KEY_NULL", /1 rows/));
  assert.deepEqual((await table.snapshot()).corpus, corpus);
});
