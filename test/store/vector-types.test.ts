import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredTable } from "../../src/core/ports.ts";
import type { VersionRecord } from "../../src/core/version.ts";
import { code, coverage, fill, numberedTable, patchOf, tempStore, testSpace, testVector } from "./support.ts";

const dimensions = 8;

function addHalf(table: StoredTable, name: string): Promise<VersionRecord> {
  return table.createVersion({
    name,
    reference: `local:${name}`,
    space: testSpace(dimensions, name.slice(-1)),
    vectorType: "float16",
    baseModel: "a-base",
  });
}

test("float16 vectors are rounded once, take half the bytes, and are found through their index", async (context) => {
  const { store, lance } = await tempStore(context);
  const table = await numberedTable(store, 300);
  await table.prepareForPatches();
  const made = await addHalf(table, "v1");
  assert.equal(await fill(table, made), 300);
  const { schema, versions } = await table.snapshot();
  const field = schema.fields.find((candidate) => candidate.name === "vector_v1");
  assert.equal(String(field?.type), "FixedSizeList[8]<Float16>");
  assert.equal(versions[0]?.vectorType, "float16");
  assert.equal(versions[0]?.baseModel, "a-base");
  assert.equal(await table.versionBytes(made), 300 * (dimensions * 2 + 16));

  const expected = new Float16Array(testVector("v1 text of row 7", dimensions));
  for await (const { keys, vectors } of table.readVectors(made, 1000)) {
    const row = keys.indexOf(7n);
    if (row < 0) continue;
    assert.deepEqual(
      [...vectors.subarray(row * dimensions, (row + 1) * dimensions)],
      [...expected],
      "the nearest float16 of each value",
    );
  }
  // Plain LanceDB reads the same values.
  const row = await (await lance("t")).query().where("id = 7").select(["vector_v1"]).toArray();
  assert.deepEqual([...row[0].vector_v1.toArray()].length, dimensions);

  await table.buildIndex(made, "ivf_flat");
  assert.equal(await coverage(table, made), "300/0");
  for (const exact of [true, false]) {
    const hits = await table.search({
      column: made.column,
      vector: testVector("v1 text of row 7", dimensions),
      limit: 1,
      exact,
      columns: ["text"],
    });
    assert.equal(hits[0]?.key, 7n);
    assert.ok((hits[0]?.distance ?? 1) < 1e-5);
  }
});

test("a value beyond float16 stops the patch before anything is written", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 10);
  await table.prepareForPatches();
  const made = await addHalf(table, "v1");
  const rows = patchOf(made, [1n], ["x"]);
  const vectors = new Float32Array(dimensions).fill(70_000);
  const before = (await table.snapshot()).tableVersion;
  await assert.rejects(
    () => table.patch(made, { ...rows, vectors }),
    code("REEMBED_STORE_VECTOR_RANGE", /70000.*65504.*float32/),
  );
  assert.equal((await table.snapshot()).tableVersion, before);
});

test("an archived record keeps its vector type and lineage", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 5);
  await addHalf(table, "v1");
  await table.changeVersions([{ name: "v1", from: "planned", to: "abandoned" }]);
  await table.dropVersionColumns("v1");
  const [v1] = (await table.snapshot()).versions;
  assert.deepEqual([v1?.vectorType, v1?.baseModel], ["float16", "a-base"]);
});
