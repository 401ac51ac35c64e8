import assert from "node:assert/strict";
import { test } from "node:test";
import { createLaneClock } from "../../src/lanes/lane-clock.ts";
import { uniqueTexts } from "../../src/lanes/unique-texts.ts";

test("finds each text once, and which items it is", () => {
  const { texts, indexOf, copies } = uniqueTexts(["b", "a", "b", "", "a", "b", "__proto__"]);
  assert.deepEqual(texts, ["b", "a", "", "__proto__"]);
  assert.deepEqual([...indexOf], [0, 1, 0, 2, 1, 0, 3]);
  assert.deepEqual([...copies], [3, 2, 1, 1]);
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
