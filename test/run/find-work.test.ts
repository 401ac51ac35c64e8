import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredTable } from "../../src/core/ports.ts";
import type { VersionRecord } from "../../src/core/version.ts";
import { findWork } from "../../src/run/find-work.ts";

/** A table of two fragments with rows to do, and stale rows that are read in batches of 3. */
function world(staleRows: number) {
  let read = 0;
  const table: Pick<StoredTable, "fragments" | "staleKeys"> = {
    fragments: async () => [
      { id: 0, rows: 10, pending: 4 },
      { id: 1, rows: 10, pending: 6 },
    ],
    async *staleKeys() {
      for (let from = 0; from < staleRows; from += 3) {
        read += 1;
        yield Array.from({ length: Math.min(3, staleRows - from) }, (_, row) => BigInt(from + row));
      }
    },
  };
  const version = { space: { dimensions: 8 } } as VersionRecord;
  const options = {
    table: table as StoredTable,
    version,
    shard: undefined,
    planned: null,
    hits: null,
    limitRows: undefined,
  };
  return { options: { ...options, memoryBytes: 1e9, signal: undefined }, batchesRead: () => read };
}

test("stale rows of a round are bounded, and the table is read no further", async () => {
  const { options, batchesRead } = world(1000);
  const work = await findWork(options, 0, 4);
  assert.deepEqual(work.staleKeys, [0n, 1n, 2n, 3n]);
  assert.deepEqual([work.more, work.rows, work.left], [true, 14, 14]);
  assert.equal(batchesRead(), 2);
});

test("as many as the bound are all there are", async () => {
  const work = await findWork(world(4).options, 0, 4);
  assert.deepEqual([work.staleKeys.length, work.more], [4, false]);
});

test("the limit of rows is for rows without a vector first, then for stale ones", async () => {
  const { options } = world(8);
  const limited = { ...options, limitRows: 13 };
  const work = await findWork(limited, 0, 100);
  assert.deepEqual([work.plan.rows, work.staleKeys.length, work.rows, work.left], [10, 3, 13, 18]);
  const later = await findWork(limited, 9, 100);
  assert.deepEqual([later.plan.rows, later.staleKeys.length], [4, 0]);
});

test("what lies in other shards is told apart", async () => {
  const { options } = world(0);
  const work = await findWork({ ...options, shard: { index: 2, count: 2 } }, 0, 100);
  assert.deepEqual([work.plan.rows, work.elsewhere], [6, 4]);
});
