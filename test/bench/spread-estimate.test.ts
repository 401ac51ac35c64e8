import assert from "node:assert/strict";
import { test } from "node:test";
import { fitLine, spreadEstimate } from "../../src/bench/spread-estimate.ts";

test("what a run costs once is told from what its rows cost", () => {
  const { perRow, once } = fitLine({ rows: 100, seconds: 3 }, { rows: 900, seconds: 11 });
  assert.ok(Math.abs(perRow - 0.01) < 1e-12 && Math.abs(once - 2) < 1e-9);
});

test("runs that do not tell the two apart leave all to the rows", () => {
  assert.deepEqual(fitLine({ rows: 100, seconds: 12 }, { rows: 900, seconds: 9 }), { perRow: 0.01, once: 0 });
  assert.deepEqual(fitLine({ rows: 10, seconds: 1 }, { rows: 10, seconds: 2 }), { perRow: 0.2, once: 0 });
});

test("local work is divided over machines, its start is not; a shared limit is not divided", () => {
  const local = spreadEstimate({ seconds: 100, share: 0.25, startSeconds: 5, cost: 0, shared: false });
  assert.deepEqual(local[1], { machines: 2, seconds: 55, low: 42.5, high: 67.5, cost: 0 });
  const limited = spreadEstimate({ seconds: 100, share: 0, startSeconds: 0, cost: 7, shared: true });
  assert.deepEqual(
    limited.map(({ seconds, cost }) => [seconds, cost]),
    [1, 2, 4, 8].map(() => [100, 7]),
  );
  assert.equal(
    spreadEstimate({ seconds: null, share: 0, startSeconds: 0, cost: null, shared: true })[0]!.high,
    null,
  );
});
