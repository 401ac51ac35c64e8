import assert from "node:assert/strict";
import { test } from "node:test";
import { guessTokens, maxSliceItems, sliceEnd, type SlicePolicy } from "../../src/lanes/slice-plan.ts";

const policy: SlicePolicy = { targetMs: 100, firstTokensPerSecond: 1000 };

/** Items of each slice, at a rate that stays. */
function slices(costs: Float64Array, workers: number, tokensPerSecond: number): number[] {
  const sizes: number[] = [];
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  for (let from = 0; from < costs.length;) {
    const to = sliceEnd(costs, from, left, workers, policy, tokensPerSecond);
    left -= costs.subarray(from, to).reduce((sum, cost) => sum + cost, 0);
    sizes.push(to - from);
    from = to;
  }
  return sizes;
}

test("slices hold about the target's work, and less towards the end", () => {
  const planned = slices(new Float64Array(2000).fill(1), 2, 1000);
  assert.equal(planned[0], 100);
  assert.ok(planned.at(-1)! <= 25);
  assert.ok(planned.every((size, i) => i === 0 || size <= planned[i - 1]!));
});

test("a small window is shared among the workers", () => {
  assert.ok(slices(new Float64Array(400).fill(1), 4, 1000).length >= 8);
});

test("an item larger than a slice travels alone; none is lost", () => {
  assert.deepEqual(slices(Float64Array.of(500, 1, 1), 1, 1000), [1, 2]);
  assert.deepEqual(slices(new Float64Array(0), 2, 1000), []);
});

test("no message holds more items than its limit", () => {
  const planned = slices(new Float64Array(50_000).fill(0.001), 1, 1e9);
  assert.ok(planned.every((size) => size <= maxSliceItems));
});

test("costs are guessed from length, up to the maximum of tokens", () => {
  assert.equal(guessTokens(0, 256), 2);
  assert.equal(guessTokens(40, 256), 12);
  assert.equal(guessTokens(100_000, 256), 256);
});
