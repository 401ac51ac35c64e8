import assert from "node:assert/strict";
import { test } from "node:test";
import { planRound } from "../../src/plan/plan-round.ts";
import { writeCost } from "../../src/plan/write-cost.ts";

const bounds = { dimensions: 2, unitBytes: 800, mergeBytes: 960 };
const fragment = (id: number, pending: number, rows = pending) => ({ id, rows, pending });
const vectors = { dimensions: 2, type: "float32" } as const;
/** Two values and the hash and time beside them. */
const rowBytes = 2 * 4 + 16;

test("fragments within a merge are written once", () => {
  const fragments = [fragment(0, 40), fragment(1, 40), fragment(2, 40)];
  assert.deepEqual(writeCost(planRound(fragments, bounds), fragments, vectors), {
    merges: 2,
    bytesWritten: 120 * rowBytes,
    writeAmplification: 1,
    peakMemoryBytes: Math.round(8 * 640),
  });
});

test("each of three merges into a fragment writes what its column holds by then", () => {
  const fragments = [fragment(0, 50), fragment(1, 250)];
  const { merges, bytesWritten, writeAmplification } = writeCost(
    planRound(fragments, bounds),
    fragments,
    vectors,
  );
  assert.equal(merges, 4);
  assert.equal(bytesWritten, (50 + 120 + 240 + 250) * rowBytes);
  assert.equal(writeAmplification, 660 / 300);
});

test("a few rows of a fragment write its whole column; half the type, half the vectors", () => {
  const fragments = [fragment(0, 3, 100)];
  const cost = writeCost(planRound(fragments, bounds), fragments, { dimensions: 2, type: "float16" });
  const { peakMemoryBytes, ...writes } = cost;
  assert.deepEqual(writes, { merges: 1, bytesWritten: 100 * (2 * 2 + 16), writeAmplification: 1 });
  assert.equal(peakMemoryBytes, 80e6 + 800 + 9 * 24);
});

test("nothing to write", () => {
  assert.deepEqual(writeCost(planRound([], bounds), [], vectors), {
    merges: 0,
    bytesWritten: 0,
    writeAmplification: 1,
    peakMemoryBytes: 0,
  });
});
