import assert from "node:assert/strict";
import { test } from "node:test";
import { planCalls, tokensPerCall } from "../../src/embed/call-plan.ts";

const lengths = Int32Array.from([5, 100, 0, 5, 100, 100, 300]);

test("alone: one text a call, the longest first, none for texts without tokens", () => {
  assert.deepEqual(planCalls(lengths, "alone"), [
    { texts: [6], length: 300 },
    { texts: [1], length: 100 },
    { texts: [4], length: 100 },
    { texts: [5], length: 100 },
    { texts: [0], length: 5 },
    { texts: [3], length: 5 },
  ]);
});

test("otherwise only texts of exactly equal length share a call, up to the budget", () => {
  for (const grouping of ["any", "equal-length"] as const) {
    assert.deepEqual(planCalls(lengths, grouping), [
      { texts: [6], length: 300 },
      { texts: [1, 4], length: 100 },
      { texts: [5], length: 100 },
      { texts: [0, 3], length: 5 },
    ]);
  }
});

test("no call passes the budget but a single text", () => {
  const many = Int32Array.from({ length: 500 }, (_, i) => 3 + (i % 40) * 9);
  for (const { texts, length } of planCalls(many, "any")) {
    assert.ok(texts.length === 1 || texts.length * length <= tokensPerCall);
  }
});
