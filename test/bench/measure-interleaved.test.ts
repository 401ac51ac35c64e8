import assert from "node:assert/strict";
import { test } from "node:test";
import { type BenchCase, measureInterleaved } from "../../src/bench/measure-interleaved.ts";

function recorder(names: readonly string[]) {
  const order: string[] = [];
  const cases = names.map((name): BenchCase => ({
    name,
    unit: "n",
    better: "higher",
    measure: async () => order.push(name),
  }));
  return { order, cases };
}

test("cases take turns, the order turns around, and warm-ups do not count", async () => {
  const { order, cases } = recorder(["a", "b"]);
  const told: string[] = [];
  const samples = await measureInterleaved(cases, {
    repeats: 2,
    onMeasure: (name, number, of) => told.push(`${name} ${number}/${of}`),
  });
  assert.deepEqual(order, ["a", "b", "b", "a", "a", "b"]);
  assert.deepEqual(
    [...samples],
    [
      ["a", [4, 5]],
      ["b", [3, 6]],
    ],
  );
  assert.deepEqual(told.slice(0, 2), ["a 1/6", "b 2/6"]);
});

test("an abort ends it between two measurements", async () => {
  const { cases, order } = recorder(["a", "b"]);
  const controller = new AbortController();
  await assert.rejects(
    measureInterleaved(cases, {
      repeats: 3,
      signal: controller.signal,
      onMeasure: (_, number) => number === 2 && controller.abort(),
    }),
    /interrupted/,
  );
  assert.deepEqual(order, ["a", "b"]);
});
