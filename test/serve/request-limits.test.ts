import assert from "node:assert/strict";
import { test } from "node:test";
import { createRequestLimits } from "../../src/serve/request-limits.ts";
import { checkServeOptions, isLoopback, parseEvery } from "../../src/serve/serve-options.ts";

test("an address may make its rate a second and save up one second, each on its own", () => {
  let nowMs = 0;
  const limits = createRequestLimits({ ratePerSecond: 3, concurrency: 1 }, () => nowMs);
  const admitted = (address: string): number =>
    Array.from({ length: 9 }, () => limits.admit(address)).filter(Boolean).length;
  assert.equal(admitted("a"), 3);
  assert.equal(admitted("b"), 3);
  nowMs = 500;
  assert.equal(admitted("a"), 1);
  nowMs = 60_000;
  assert.equal(admitted("a"), 3);
});

test("addresses beyond what is remembered push the quietest out, and memory stays bounded", () => {
  const limits = createRequestLimits({ ratePerSecond: 1, concurrency: 1 }, () => 0);
  assert.equal(limits.admit("first"), true);
  assert.equal(limits.admit("first"), false);
  for (let number = 0; number < 5000; number += 1) limits.admit(`other ${number}`);
  assert.equal(limits.admit("first"), true, "forgotten, so it starts anew");
});

test("a place that is given back twice is one place", () => {
  const limits = createRequestLimits({ ratePerSecond: 1, concurrency: 2 }, () => 0);
  const [one, two] = [limits.enter(), limits.enter()];
  assert.equal(limits.enter(), null);
  one?.();
  one?.();
  assert.equal(limits.inFlight, 1);
  assert.notEqual(limits.enter(), null);
  assert.equal(limits.enter(), null);
  two?.();
});

test("intervals are read with their unit", () => {
  assert.deepEqual(["30s", "15m", "1.5h", "1d", "never"].map(parseEvery), [
    30_000,
    900_000,
    5_400_000,
    86_400_000,
    null,
  ]);
  for (const wrong of ["15", "m", "0s", "25d", "-1m", "1w", ""]) {
    assert.throws(() => parseEvery(wrong), { code: "REEMBED_USAGE" }, wrong);
  }
});

test("only the loopback is served without a token, and a short token nowhere", () => {
  assert.deepEqual(
    ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]", "0.0.0.0", "::", "127.evil.test", "10.0.0.1"].map(
      isLoopback,
    ),
    [true, true, true, true, true, false, false, false, false],
  );
  const options = { host: "0.0.0.0", port: 0, everyMs: null, token: null, concurrency: 1, ratePerSecond: 1 };
  assert.throws(() => checkServeOptions(options), /callers need a token/);
  assert.throws(() => checkServeOptions({ ...options, token: "secret" }), /can be guessed/);
  assert.throws(() => checkServeOptions({ ...options, host: "::1", port: 65_536 }), /no port/);
  checkServeOptions({ ...options, token: "a".repeat(32) });
});
