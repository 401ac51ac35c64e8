import assert from "node:assert/strict";
import { test } from "node:test";
import { textBatch } from "../../src/core/text-batch.ts";
import { createLaneClock } from "../../src/lanes/lane-clock.ts";
import { uniqueTexts } from "../../src/lanes/unique-texts.ts";

test("finds each text once, and which items it is", () => {
  const { firstItem, indexOf, copies } = uniqueTexts(textBatch(["b", "a", "b", "", "a", "b", "__proto__"]));
  assert.deepEqual([...firstItem], [0, 1, 3, 6]);
  assert.deepEqual([...indexOf], [0, 1, 0, 2, 1, 0, 3]);
  assert.deepEqual([...copies], [3, 2, 1, 1]);
});

test("texts of one hash are told apart by their bytes", () => {
  const batch = { ...textBatch(["ab", "cd", "abc", "ab"]), hashes: new BigInt64Array(4).fill(7n) };
  const { firstItem, indexOf } = uniqueTexts(batch);
  assert.deepEqual([...firstItem], [0, 1, 2]);
  assert.deepEqual([...indexOf], [0, 1, 2, 0]);
});

test("the clock runs while any call is in flight", () => {
  let nowMs = 0;
  const clock = createLaneClock(() => nowMs);
  const at = (ms: number, step: () => void): void => {
    nowMs = ms;
    step();
  };
  at(1000, clock.enter);
  at(2000, clock.enter);
  at(3000, clock.leave);
  at(3500, () => assert.equal(clock.busySeconds(), 2.5));
  at(4000, clock.leave);
  at(9000, clock.enter);
  at(10_000, clock.leave);
  assert.equal(clock.busySeconds(), 4);
});
