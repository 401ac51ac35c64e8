import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { estimateTokens } from "../../src/plan/estimate-tokens.ts";

/** The same sequence of numbers from 0 to 1 every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe("estimateTokens", () => {
  test("a sample that is the whole is exact, whatever its parts", () => {
    const parts = [
      { texts: 10, tokens: 130 },
      { texts: 7, tokens: 900 },
    ];
    assert.deepEqual(estimateTokens(parts, 17, 17, 0), { tokens: 1030, tokensError: 0 });
  });

  test("a count by characters has its error even then", () => {
    assert.deepEqual(estimateTokens([{ texts: 10, tokens: 1000 }], 10, 10, 0.3), {
      tokens: 1000,
      tokensError: 300,
    });
  });

  test("rows that are left, of a larger table that was sampled", () => {
    const parts = [
      { texts: 10, tokens: 100 },
      { texts: 10, tokens: 100 },
    ];
    assert.deepEqual(estimateTokens(parts, 500, 2000, 0), { tokens: 5000, tokensError: 0 });
  });

  test("nothing to count", () => {
    assert.deepEqual(estimateTokens([], 0, 0, 0.3), { tokens: 0, tokensError: 0 });
  });

  test("the interval holds the truth about 95 times of 100, also where neighbours are alike", () => {
    const chance = numbers(7);
    const rows = 40_000;
    const perText = Array.from({ length: rows / 40 }, () => {
      const subject = 20 + 200 * chance();
      return Array.from({ length: 40 }, () => Math.round(subject * (0.5 + chance())));
    }).flat();
    const truth = perText.reduce((sum, tokens) => sum + tokens, 0);
    let held = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      const parts = Array.from({ length: 64 }, () => {
        const start = Math.floor(chance() * (rows - 10));
        const tokens = perText.slice(start, start + 10).reduce((sum, count) => sum + count, 0);
        return { texts: 10, tokens };
      });
      const { tokens, tokensError } = estimateTokens(parts, rows, rows, 0);
      if (Math.abs(tokens - truth) <= tokensError) held += 1;
    }
    assert.ok(held >= 368 && held <= 394, `${held} of 400`);
  });
});
