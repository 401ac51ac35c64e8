import assert from "node:assert/strict";
import { test } from "node:test";
import { rowOutcomes } from "../../src/core/outcome.ts";
import { finishVector } from "../../src/embed/finish-vector.ts";
import { pools } from "../../src/embed/pooling.ts";

/** Two texts: the second starts at 4 and has two tokens of width 2. */
const from = { data: Float32Array.from([9, 9, 9, 9, 1, 2, 3, 6]), start: 4, tokens: 2, width: 2 };

test("each pooling reads its text's token vectors", () => {
  const expected = { mean: [2, 4], max: [3, 6], cls: [1, 2], "last-token": [3, 6], none: [1, 2] } as const;
  for (const [pooling, values] of Object.entries(expected)) {
    const into = new Float32Array(2);
    pools[pooling as keyof typeof expected](from, into);
    assert.deepEqual([...into], values, pooling);
  }
});

test("a shorter vector takes the first dimensions", () => {
  for (const pool of Object.values(pools)) {
    const into = Float32Array.of(0);
    pool(from, into);
    assert.ok(into[0] !== undefined && into[0] >= 1 && into[0] <= 3);
  }
});

test("vectors are scaled to unit length, or left as they are", () => {
  const vector = Float32Array.of(3, 4);
  assert.equal(rowOutcomes[finishVector(vector, false)], "embedded");
  assert.deepEqual([...vector], [3, 4]);
  finishVector(vector, true);
  assert.deepEqual([...vector], [...Float32Array.of(0.6, 0.8)]);
});

test("what is no vector is told and zeroed", () => {
  for (const [values, outcome] of [
    [[NaN, 1], "not-finite"],
    [[Infinity, 1], "not-finite"],
    [[0, 0], "zero-vector"],
  ] as const) {
    const vector = Float32Array.from(values);
    assert.equal(rowOutcomes[finishVector(vector, true)], outcome);
    assert.deepEqual([...vector], [0, 0]);
  }
});
