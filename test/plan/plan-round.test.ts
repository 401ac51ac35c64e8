import assert from "node:assert/strict";
import { test } from "node:test";
import { planRound } from "../../src/plan/plan-round.ts";

const fragment = (id: number, pending: number, rows: number = pending) => ({ id, rows, pending });
/** A unit of 100 rows of 2 dimensions, a merge of 120. */
const bounds = { dimensions: 2, unitBytes: 800, mergeBytes: 960 };

test("groups whole fragments up to the size of a unit, in order of their ids", () => {
  const plan = planRound([fragment(0, 40), fragment(1, 40), fragment(2, 40), fragment(7, 10)], bounds);
  assert.deepEqual(plan, {
    units: [
      { index: 0, fragmentIds: [0, 1], rows: 80, merges: 1 },
      { index: 1, fragmentIds: [2, 7], rows: 50, merges: 1 },
    ],
    rows: 130,
    mergeRows: 120,
  });
});

test("a fragment beyond a unit is one of its own, and says how many merges it costs", () => {
  const plan = planRound([fragment(0, 30), fragment(1, 110), fragment(2, 250), fragment(3, 30)], bounds);
  assert.deepEqual(
    plan.units.map((unit) => [unit.fragmentIds, unit.rows, unit.merges]),
    [
      [[0], 30, 1],
      [[1], 110, 1],
      [[2], 250, 3],
      [[3], 30, 1],
    ],
  );
});

test("fragments with nothing to do are no part of the plan", () => {
  const plan = planRound([fragment(0, 0, 50), fragment(1, 20, 50)], bounds);
  assert.deepEqual(plan.units, [{ index: 0, fragmentIds: [1], rows: 20, merges: 1 }]);
  assert.deepEqual(planRound([], bounds).units, []);
});
