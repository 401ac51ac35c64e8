import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bootstrapMean,
  ndcgAt,
  overlapAt,
  percentile,
  rankBiasedOverlap,
  recallAt,
  reciprocalRankAt,
} from "../../src/lifecycle/retrieval-metrics.ts";

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("nDCG of graded relevance, worked by hand", () => {
  const grades = new Map([
    ["a", 2],
    ["b", 1],
    ["c", 0],
  ]);
  near(ndcgAt(10, ["a", "b", "c"], grades), 1);
  near(ndcgAt(10, ["c", "b", "a"], grades), (1 / Math.log2(3) + 2 / 2) / (2 + 1 / Math.log2(3)));
  near(ndcgAt(1, ["b", "a"], grades), 0.5);
  near(ndcgAt(10, ["x"], grades), 0);
  near(ndcgAt(10, ["a"], new Map()), 0);
});

test("recall and reciprocal rank count only relevant documents", () => {
  const grades = new Map([
    ["a", 1],
    ["b", 0],
    ["c", 3],
  ]);
  near(recallAt(2, ["b", "a", "c"], grades), 0.5);
  near(recallAt(3, ["b", "a", "c"], grades), 1);
  near(reciprocalRankAt(10, ["b", "x", "c"], grades), 1 / 3);
  near(reciprocalRankAt(2, ["b", "x", "c"], grades), 0);
});

test("overlap and rank-biased overlap", () => {
  near(overlapAt(3, ["a", "b", "c"], ["c", "b", "x"]), 2 / 3);
  near(overlapAt(10, [], []), 1);
  near(rankBiasedOverlap(["a", "b", "c"], ["a", "b", "c"], 0.9), 1);
  near(rankBiasedOverlap(["a", "b"], ["x", "y"], 0.9), 0);
  // Agreement 0 at depth 1 and 1 at depth 2: p^2 + ((1 - p) / p) p^2.
  near(rankBiasedOverlap(["a", "b"], ["b", "a"], 0.9), 0.9 ** 2 + (0.1 / 0.9) * 0.9 ** 2);
});

test("the bootstrap is repeatable and covers the mean", () => {
  const differences = Array.from({ length: 200 }, (_, index) => ((index * 37) % 100) / 100 - 0.45);
  const first = bootstrapMean(differences, 0.95);
  assert.deepEqual(bootstrapMean(differences, 0.95), first);
  assert.ok(first.low < first.mean && first.mean < first.high);
  // The normal approximation of the same interval.
  const deviation = Math.sqrt(
    differences.reduce((sum, value) => sum + (value - first.mean) ** 2, 0) / differences.length,
  );
  const half = (1.96 * deviation) / Math.sqrt(differences.length);
  assert.ok(Math.abs(first.high - first.low - 2 * half) < 0.2 * half);
  assert.deepEqual(bootstrapMean([], 0.95), { mean: 0, low: 0, high: 0 });
  assert.deepEqual(bootstrapMean([0.3, 0.3], 0.95), { mean: 0.3, low: 0.3, high: 0.3 });
});

test("percentiles", () => {
  assert.equal(percentile([5, 1, 4, 2, 3], 0.5), 3);
  assert.equal(percentile([1, 2], 0.99), 2);
  assert.equal(percentile([], 0.5), 0);
});
