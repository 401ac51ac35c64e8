import assert from "node:assert/strict";
import { test } from "node:test";
import {
  guessTokens,
  longestFirst,
  maxSliceTexts,
  planSlices,
  type SlicePolicy,
} from "../../src/lanes/slice-plan.ts";

const policy: SlicePolicy = { targetMs: 100, firstTokensPerSecond: 1000, adaptive: true, longestFirst: true };
const sizes = (ends: readonly number[]): number[] => ends.map((end, i) => end - (ends[i - 1] ?? 0));

test("slices hold about the target's work, and less towards the end", () => {
  const ends = planSlices(new Float64Array(2000).fill(1), 2, policy, 1000);
  const planned = sizes(ends);
  assert.equal(ends.at(-1), 2000);
  assert.equal(planned[0], 100);
  assert.ok(planned.at(-1)! <= 25);
  assert.ok(planned.every((size, i) => i === 0 || size <= planned[i - 1]!));
});

test("a small window is shared among the workers", () => {
  const ends = planSlices(new Float64Array(400).fill(1), 4, policy, 1000);
  assert.ok(ends.length >= 8);
});

test("a text larger than a slice travels alone; none is lost", () => {
  assert.deepEqual(planSlices(Float64Array.of(500, 1, 1), 1, policy, 1000), [1, 3]);
  assert.deepEqual(planSlices(new Float64Array(0), 2, policy, 1000), []);
});

test("no message holds more texts than its limit", () => {
  const ends = planSlices(new Float64Array(50_000).fill(0.001), 1, policy, 1e9);
  assert.ok(sizes(ends).every((size) => size <= maxSliceTexts));
});

test("costs are guessed from length, up to the maximum of tokens", () => {
  assert.equal(guessTokens("", 256), 2);
  assert.equal(guessTokens("x".repeat(40), 256), 12);
  assert.equal(guessTokens("x".repeat(100_000), 256), 256);
});

test("the longest come first, equal ones in their order", () => {
  assert.deepEqual([...longestFirst(Float64Array.of(1, 3, 2, 3))], [1, 3, 2, 0]);
});
