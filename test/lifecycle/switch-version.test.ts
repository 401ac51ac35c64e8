import assert from "node:assert/strict";
import { test } from "node:test";
import { rollback, switchVersion } from "../../src/lifecycle/switch-version.ts";
import { addVersion, code, fill, numberedTable, tempStore } from "../store/support.ts";

test("of two switches that were judged on the same state, the second to commit is told of the first", async (context) => {
  const { store } = await tempStore(context);
  const table = await numberedTable(store, 5);
  await table.prepareForPatches();
  for (const name of ["v1", "v2", "v3"]) {
    await fill(table, await addVersion(table, name));
    await table.changeVersions([{ name, from: "planned", to: "backfilling" }]);
    await table.changeVersions([{ name, from: "backfilling", to: "ready" }]);
  }
  await table.changeVersions([{ name: "v1", from: "ready", to: "active" }]);
  const options = (compare: () => Promise<null>) => ({
    table,
    policy: {
      queries: "asked for, so that the gate compares",
      qrels: null,
      ndcg10MaxDrop: 0,
      confidence: 0.95,
      overlap10Min: null,
      sliceBy: null,
      sliceNdcg10MaxDrop: null,
    },
    compare,
    graceDays: 1,
    nowMs: () => Date.UTC(2026, 0, 1),
    signal: undefined,
  });
  const other = await store.openTable("t");
  const late = switchVersion(
    { to: "v2", force: true, why: "late" },
    options(async () => {
      // Between the judgement of this switch and its commit another process switches.
      await switchVersion(
        { to: "v3", force: true, why: "first" },
        { ...options(async () => null), table: other },
      );
      return null;
    }),
  );
  await assert.rejects(late, code("REEMBED_STORE_CONFLICT", /version v1 is retiring by now, not active/));
  const { versions } = await table.snapshot();
  assert.deepEqual(
    versions.map(({ name, state }) => `${name} ${state}`),
    ["v1 retiring", "v2 ready", "v3 active"],
  );
  assert.match(versions[2]?.history.at(-1)?.why ?? "", /first/);
  await rollback(options(async () => null));
  const back = (await table.snapshot()).versions;
  assert.deepEqual([back[0]?.state, back[0]?.history.at(-1)?.why], ["active", "rollback"]);
});
