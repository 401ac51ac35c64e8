import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeaseItem, Leases } from "../../src/core/leases.ts";
import type { StoredTable } from "../../src/core/ports.ts";
import type { VersionRecord } from "../../src/core/version.ts";
import { claimUnits, unitsAtOnce } from "../../src/run/claim-units.ts";

const unit = (index: number) => ({ index, fragmentIds: [2 * index, 2 * index + 1], rows: 20, merges: 1 });

/** Leases of which others hold some items, and a table whose fragments have so many rows to do. */
function world(held: ReadonlySet<LeaseItem>, pending: ReadonlyMap<number, number>, inCompany: boolean) {
  const released: LeaseItem[] = [];
  const leases: Pick<Leases, "take" | "release" | "inCompany"> = {
    inCompany,
    take: async (groups, most) =>
      groups.flatMap((group, at) => (group.some((item) => held.has(item)) ? [] : [at])).slice(0, most),
    release: (items) => released.push(...items),
  };
  const table: Pick<StoredTable, "fragments"> = {
    fragments: async () => [...pending].map(([id, rows]) => ({ id, rows: 10, pending: rows })),
  };
  return {
    released,
    options: {
      table: table as StoredTable,
      version: {} as VersionRecord,
      leases: leases as Leases,
      signal: undefined,
    },
  };
}

test("groups are large while much is open, and single at the end", () => {
  assert.deepEqual([1, 7, 8, 16, 64, 1000].map(unitsAtOnce), [1, 1, 1, 2, 8, 8]);
});

test("alone, every unit is taken in order", async () => {
  const { options } = world(new Set(), new Map(), false);
  const units = Array.from({ length: 20 }, (_, index) => unit(index));
  assert.deepEqual(await Array.fromAsync(claimUnits(units, options)), units);
});

test("in company, what others hold or have done is left out, and what they left is counted", async () => {
  const pending = new Map([
    [0, 10],
    [1, 3],
    [4, 10],
    [6, 10],
    [7, 10],
  ]);
  const { options, released } = world(new Set(["fragment:6"]), pending, true);
  const claimed = await Array.fromAsync(claimUnits([unit(0), unit(1), unit(2), unit(3)], options));
  assert.deepEqual(
    claimed.map(({ index, rows }) => [index, rows]),
    [
      [0, 13],
      [2, 10],
    ],
  );
  assert.deepEqual(released, []);
});

test("a unit that others finished before it was taken is let go", async () => {
  const { options, released } = world(new Set(), new Map(), true);
  assert.deepEqual(await Array.fromAsync(claimUnits([unit(0)], options)), []);
  assert.deepEqual(released, ["fragment:0", "fragment:1"]);
});
