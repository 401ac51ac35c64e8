import assert from "node:assert/strict";
import { getActiveResourcesInfo } from "node:process";
import { test } from "node:test";
import { pause } from "../../src/core/pause.ts";

const timers = (): number => getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a pause ends with its time, or with the signal, and then holds nothing", async () => {
  await pause(1);
  const before = timers();
  const controller = new AbortController();
  const paused = pause(3_600_000, controller.signal);
  assert.equal(timers(), before + 1);
  controller.abort();
  await paused;
  await pause(3_600_000, controller.signal);
  assert.equal(timers(), before);
});
