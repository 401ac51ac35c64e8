import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize, summarizeRatio } from "../../src/bench/statistics.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("the median, and an interval that is all of few samples", () => {
  const samples = [3, 1, 2];
  assert.deepEqual(summarize(samples), { median: 2, low: 1, high: 3, samples });
  assert.equal(summarize([4, 1, 2, 3]).median, 2.5);
  assert.ok(Number.isNaN(summarize([]).median));
});

test("order statistics leave out what 95 % allows", () => {
  // Published ranks of the 95 % interval: 6 samples 1 and 6, 9 samples 2 and 8, 20 samples 6 and 15.
  for (const [count, low, high] of [
    [5, 1, 5],
    [6, 1, 6],
    [9, 2, 8],
    [20, 6, 15],
  ] as const) {
    const summary = summarize(upTo(count));
    assert.deepEqual([summary.low, summary.high], [low, high], `${count} samples`);
  }
});

test("ratios are taken pair by pair", () => {
  const { median, low, high } = summarizeRatio([10, 30, 20], [10, 20, 10]);
  assert.deepEqual([median, low, high], [1.5, 1, 2]);
});
