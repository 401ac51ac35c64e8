import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimits, goDuration } from "../../src/mock-provider/rate-limits.ts";
import { retryHeaders } from "../../src/mock-provider/refusal.ts";
import { defaultSettings, type MockLimits } from "../../src/mock-provider/settings.ts";
import { errorOf, post, startFor } from "./mock-client.ts";

function limitsAt(change: Partial<MockLimits>, clock: { ms: number }) {
  return createRateLimits({ ...defaultSettings.limits, ...change }, () => clock.ms);
}

test("a minute's tokens may be used at once, and come back evenly", () => {
  const clock = { ms: 0 };
  const limits = limitsAt({ tokensPerMin: 6_000 }, clock);
  assert.equal(limits.admit(6_000), null);
  const refusal = limits.admit(100)!;
  assert.deepEqual(
    [refusal.status, refusal.reason, refusal.code],
    [429, "limit-tokens", "rate_limit_exceeded"],
  );
  assert.equal(refusal.retry!.ms, 1_000);
  clock.ms = 999;
  assert.notEqual(limits.admit(100), null);
  clock.ms = 1_000;
  assert.equal(limits.admit(100), null);
});

test("a shorter burst holds less, and what never fits is told so without a time", () => {
  const limits = limitsAt({ tokensPerMin: 6_000, burstSeconds: 1 }, { ms: 0 });
  const refusal = limits.admit(101)!;
  assert.match(refusal.message, /^Request too large/);
  assert.equal(refusal.retry, null);
  assert.equal(limits.admit(100), null);
});

test("a request refused for one limit uses nothing of the other", () => {
  const clock = { ms: 0 };
  const limits = limitsAt({ requestsPerMin: 1, tokensPerMin: 100 }, clock);
  assert.equal(limits.admit(50), null);
  assert.equal(limits.admit(10)!.reason, "limit-requests");
  clock.ms = 60_000;
  assert.equal(limits.admit(100), null);
});

test("so many requests at one time, and one more when one leaves", () => {
  const limits = limitsAt({ concurrency: 1 }, { ms: 0 });
  assert.equal(limits.admit(1), null);
  assert.equal(limits.admit(1)!.reason, "limit-concurrency");
  limits.leave();
  assert.equal(limits.admit(1), null);
});

test("durations read as Go writes them", () => {
  assert.deepEqual([0, 12.2, 1_000, 1_500, 60_000, 360_500].map(goDuration), [
    "0ms",
    "13ms",
    "1s",
    "1.5s",
    "1m0s",
    "6m0.5s",
  ]);
});

test("the answer tells what is left, the refusal when to come back, as the limits say", async (t) => {
  const limits = { requestsPerMin: 2, tokensPerMin: 1_000 };
  const { url, advanceClock } = await startFor(t, { limits: { ...limits, retryHint: "milliseconds" } });
  const ask = () => post(`${url}/v1/embeddings`, { model: "potion-base-4m-int8", input: "two words" });
  const first = await ask();
  assert.equal(first.headers.get("x-ratelimit-limit-requests"), "2");
  assert.equal(first.headers.get("x-ratelimit-remaining-requests"), "1");
  assert.equal(first.headers.get("x-ratelimit-remaining-tokens"), "998");
  assert.match(first.headers.get("x-ratelimit-reset-requests")!, /^\d+(?:\.\d+)?m?s$/);
  await ask();
  const refused = await ask();
  assert.equal(refused.status, 429);
  assert.equal(errorOf(refused).type, "requests");
  const waitMs = Number(refused.headers.get("retry-after-ms"));
  assert.ok(waitMs > 20_000 && waitMs <= 30_000);
  advanceClock(waitMs);
  assert.equal((await ask()).status, 200);

  const silent = await startFor(t, { limits: { requestsPerMin: 1, retryHint: "none", announce: false } });
  const question = { model: "potion-base-4m-int8", input: "a" };
  await post(`${silent.url}/v1/embeddings`, question);
  const mute = await post(`${silent.url}/v1/embeddings`, question);
  assert.equal(mute.status, 429);
  const told = [...mute.headers.keys()].filter(
    (name) => name.startsWith("x-ratelimit") || name.startsWith("retry"),
  );
  assert.deepEqual(told, []);
});

test("whole seconds are rounded up, so that coming back then is not too early", () => {
  const refusal = limitsAt({ requestsPerMin: 60, burstSeconds: 1 }, { ms: 0 });
  refusal.admit(1);
  assert.deepEqual(retryHeaders(refusal.admit(1)!), { "retry-after": "1" });
});
