import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReembedError } from "../../src/core/errors.ts";
import type { PlannedUnit } from "../../src/core/plan-file.ts";
import { describePlan } from "../../src/plan/describe-plan.ts";
import { boundsWithin, planRound } from "../../src/plan/plan-round.ts";
import { checkPlanned, plannedRound, unitsOfShard } from "../../src/plan/planned-round.ts";

/** So many rows of so many dimensions are 16 MiB of vectors. */
const dimensions = 128;
const unitRows = 32_768;
const memory = 1e9;

const fragment = (id: number, pending: number, rows = 10_000) => ({ id, rows, pending });
const table = [0, 1, 2, 3, 4, 5, 6].map((id) => fragment(id, 10_000));

function planOf(fragments = table): readonly PlannedUnit[] {
  const round = planRound(fragments, boundsWithin(memory, dimensions, fragments));
  return describePlan(round, fragments, {} as Parameters<typeof describePlan>[2]).units;
}

test("on the table that was planned for, the round is the planned one", () => {
  assert.deepEqual(
    plannedRound(planOf(), table, memory, dimensions),
    planRound(table, boundsWithin(memory, dimensions, table)),
  );
  assert.deepEqual(
    planOf().map(({ fragments }) => fragments.map(({ id }) => id)),
    [[0, 1, 2], [3, 4, 5], [6]],
  );
});

test("rows are counted anew, what is done is left out, and what is new is not taken", () => {
  const now = [fragment(1, 400), fragment(5, 10_000), fragment(7, 9), fragment(8, 10_000)];
  const round = plannedRound(planOf(), now, memory, dimensions);
  assert.deepEqual(
    round.units.map(({ index, fragmentIds, rows }) => [index, fragmentIds, rows]),
    [
      [0, [1], 400],
      [1, [5], 10_000],
    ],
  );
  assert.equal(round.rows, 10_400);
});

test("shards go by the unit", () => {
  const shards = [1, 2].map((index) => unitsOfShard(planOf(), { index, count: 2 }));
  assert.deepEqual(
    shards.map((units) => units.map((unit) => unit.index)),
    [[0, 2], [1]],
  );
});

test("a unit of several fragments has to fit into the memory as one merge", () => {
  const needed = 8 * 30_000 * dimensions * 4;
  assert.equal(plannedRound(planOf(), table, needed, dimensions).units[0]?.merges, 1);
  assert.throws(
    () => plannedRound(planOf(), table, needed - 1, dimensions),
    (error: ReembedError) => {
      assert.equal(error.code, "REEMBED_PLAN_MEMORY");
      assert.equal(error.details["neededBytes"], Math.ceil(needed / 1e6) * 1e6);
      return true;
    },
  );
  const large = [fragment(0, 4 * unitRows, 4 * unitRows)];
  const [inParts] = plannedRound(planOf(large), large, 530e6, dimensions).units;
  assert.equal(inParts?.merges, 2);
});

test("fragments that are gone, or have more to do than was planned, make a plan outdated", () => {
  const done = table.map(({ id, rows }) => ({ id, rows, pending: 0 }));
  checkPlanned(planOf(), done);
  const outdated = (now: typeof table, message: RegExp): void =>
    assert.throws(() => checkPlanned(planOf(), now), { code: "REEMBED_PLAN_OUTDATED", message });
  outdated(done.slice(0, 6), /fragment 6 of unit 2 is gone/);
  outdated(
    done.map((each) => (each.id === 4 ? fragment(4, 10_001, 10_001) : each)),
    /fragment 4 of unit 1 has 10001 rows without a vector, and 10000 were planned/,
  );
});
