import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredTable, TableSnapshot } from "../../src/core/ports.ts";
import type { VersionRecord } from "../../src/core/version.ts";
import { createMissingRows } from "../../src/lifecycle/missing-rows.ts";

const version = { column: "vector_v1", spaceId: "ab" } as VersionRecord;
const at = (tableVersion: number) => ({ tableVersion }) as TableSnapshot;

function countingTable(counts: () => Promise<{ pending: number }>) {
  let calls = 0;
  const table = {
    name: "docs",
    counts: () => {
      calls += 1;
      return counts();
    },
  } as unknown as StoredTable;
  return { table, calls: () => calls };
}

test("missing rows are counted once a table version, in at most a fiftieth of the time", async () => {
  let nowMs = 0;
  const { table, calls } = countingTable(async () => {
    nowMs += 10;
    return { pending: calls() };
  });
  const missingRows = createMissingRows(() => nowMs);
  assert.deepEqual(
    await Promise.all([missingRows(table, at(1), version), missingRows(table, at(1), version)]),
    [1, 1],
  );
  nowMs = 10 + 499;
  assert.equal(await missingRows(table, at(2), version), 1);
  nowMs = 10 + 500;
  assert.equal(await missingRows(table, at(2), version), 2);
  nowMs = 9_000;
  assert.equal(await missingRows(table, at(2), version), 2);
});

test("a count that failed is made again", async () => {
  let fails = true;
  const { table } = countingTable(async () => {
    if (fails) throw new Error("no disk");
    return { pending: 7 };
  });
  const missingRows = createMissingRows(() => 0);
  await assert.rejects(missingRows(table, at(1), version), /no disk/);
  fails = false;
  assert.equal(await missingRows(table, at(1), version), 7);
});
