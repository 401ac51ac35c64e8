import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTokensAtOnce, mustTakeBack } from "../../src/plan/batch-deadline.ts";

const minute = 60_000;
/** Two hours away, at 1,000 tokens a minute. */
const terms = { deadlineMs: 120 * minute, liveTokensPerMinute: 1_000, cancelMs: 10 * minute };

test("live requests begin at once with what could not wait, and with all where no batch can be in time", () => {
  assert.equal(liveTokensAtOnce(110_000, terms, 0), 0);
  assert.equal(liveTokensAtOnce(110_001, terms, 0), 110_000);
  assert.equal(liveTokensAtOnce(500, terms, 110 * minute), 500);
  assert.equal(liveTokensAtOnce(500, { ...terms, deadlineMs: null }, Number.MAX_SAFE_INTEGER), 0);
});

test("batches are taken back when live requests and a cancellation need all the time that is left", () => {
  assert.equal(mustTakeBack(30_000, terms, 80 * minute - 1), false);
  assert.equal(mustTakeBack(30_000, terms, 80 * minute), true);
  assert.equal(mustTakeBack(30_000, { ...terms, deadlineMs: null }, Number.MAX_SAFE_INTEGER), false);
});
