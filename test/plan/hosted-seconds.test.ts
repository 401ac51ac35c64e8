import assert from "node:assert/strict";
import { test } from "node:test";
import { hostedSeconds, type HostedRates } from "../../src/plan/hosted-seconds.ts";

const unlimited: HostedRates = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  requestsPerDay: null,
  tokensPerDay: null,
  concurrency: 10,
  requestItems: 100,
  requestTokens: 10_000,
};
const work = { rows: 100_000, tokens: 200_000_000 };

const cases: readonly [string, Partial<HostedRates>, number | null, number | null][] = [
  ["nothing is known", {}, null, null],
  ["tokens a minute", { tokensPerMinute: 1_000_000 }, null, 200 * 60],
  // 100 texts of 2,000 tokens are more than a request takes: 20,000 requests, not 1,000.
  ["requests a minute", { requestsPerMinute: 500 }, null, 40 * 60],
  ["the slower of two", { requestsPerMinute: 500, tokensPerMinute: 1_000_000 }, null, 200 * 60],
  ["a day's tokens last three days", { tokensPerDay: 75_000_000 }, null, 2 * 86_400],
  ["a day's requests are enough", { requestsPerDay: 20_000 }, null, 0],
  ["half a second a request, ten at a time", {}, 0.5, 1000],
  ["requests and limits", { tokensPerMinute: 1_000_000 }, 0.5, 200 * 60],
];

for (const [name, rates, requestSeconds, expected] of cases) {
  test(`the time of a hosted model: ${name}`, () => {
    assert.equal(hostedSeconds({ ...unlimited, ...rates }, work, requestSeconds), expected);
  });
}
