import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { watchSignals } from "../../src/cli/interruption.ts";

function watch() {
  const source = new EventEmitter();
  const told: string[] = [];
  let nowMs = 0;
  const interruption = watchSignals(source, {
    message: "interrupted; what was committed stays",
    nowMs: () => nowMs,
    onFirst: () => told.push("first"),
    onSecond: (reason, exitCode) => told.push(`second ${reason.code} ${exitCode}`),
  });
  return { source, told, interruption, wait: (ms: number) => (nowMs += ms) };
}

test("a first signal aborts the work with a reason, once", () => {
  const { source, told, interruption } = watch();
  assert.equal(interruption.received(), null);
  source.emit("SIGTERM");
  assert.deepEqual(told, ["first"]);
  assert.equal(interruption.signal.aborted, true);
  assert.equal(interruption.signal.reason, interruption.received()?.reason);
  assert.equal(interruption.received()?.signal, "SIGTERM");
  assert.equal(interruption.received()?.reason.message, "interrupted; what was committed stays");
});

test("a second signal ends the process, with the exit code of the first", () => {
  const { source, told, wait } = watch();
  source.emit("SIGINT");
  wait(1_000);
  source.emit("SIGTERM");
  assert.deepEqual(told, ["first", "second REEMBED_INTERRUPTED 130"]);
});

test("one Ctrl-C that arrives twice, from the terminal and through a launcher, is one", () => {
  const { source, told, wait } = watch();
  source.emit("SIGINT");
  wait(20);
  source.emit("SIGINT");
  assert.deepEqual(told, ["first"]);
});

test("signals are given back", () => {
  const { source, interruption } = watch();
  interruption.stop();
  assert.deepEqual(source.eventNames(), []);
});
