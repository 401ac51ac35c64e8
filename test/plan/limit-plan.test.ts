import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoundPlan } from "../../src/core/plan.ts";
import { limitPlan } from "../../src/plan/limit-plan.ts";

const unit = (index: number) => ({ index, fragmentIds: [index], rows: 90, merges: 1 });
const plan: RoundPlan = { units: [unit(0), unit(1), unit(2)], rows: 270, mergeRows: 120 };

test("a limit of rows cuts the last unit exactly", () => {
  assert.deepEqual(
    limitPlan(plan, 120).units.map((limited) => limited.rows),
    [90, 30],
  );
  assert.equal(limitPlan(plan, 120).rows, 120);
  assert.deepEqual(limitPlan(plan, 0).units, []);
});

test("a limit beyond the plan, or none, leaves it as it is", () => {
  assert.deepEqual(limitPlan(plan, 1000), plan);
  assert.deepEqual(limitPlan(plan, Infinity), plan);
});
