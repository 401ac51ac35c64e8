import assert from "node:assert/strict";
import { test } from "node:test";
import { batchPhase, type BatchStatus, windowMs } from "../../src/mock-provider/batch/batch-phase.ts";
import { readBatchInput } from "../../src/mock-provider/batch/read-batch-input.ts";

const pace = { validatingSeconds: 10, secondsPerRequest: 2, finalizingSeconds: 5 };

function at(seconds: number, options: { requests?: number; valid?: boolean; cancelled?: number } = {}) {
  const { requests = 3, valid = true, cancelled } = options;
  const times = { createdMs: 0, cancelledMs: cancelled === undefined ? null : cancelled * 1_000 };
  return batchPhase(times, { requests, valid }, pace, seconds * 1_000);
}

test("a batch goes through its states with the clock", () => {
  const seen = [0, 9.9, 10, 13, 16, 20.9, 21].map((seconds) => [at(seconds).status, at(seconds).done]);
  assert.deepEqual(seen, [
    ["validating", 0],
    ["validating", 0],
    ["in_progress", 0],
    ["in_progress", 1],
    ["finalizing", 3],
    ["finalizing", 3],
    ["completed", 3],
  ]);
  assert.equal(at((2 * windowMs) / 1_000).status, "completed", "what is done in time does not expire later");
  assert.deepEqual(at(100).reachedMs, {
    validating: 0,
    in_progress: 10_000,
    finalizing: 16_000,
    completed: 21_000,
  });
});

test("one whose input is wrong fails once it is looked at", () => {
  assert.equal(at(9, { valid: false }).status, "validating");
  assert.deepEqual([at(10, { valid: false }).status, at(10, { valid: false }).done], ["failed", 0]);
});

test("one that is not done within the window expires, with what was done by then", () => {
  const requests = windowMs / 2_000;
  const phase = (seconds: number) => at(seconds, { requests });
  assert.equal(phase(windowMs / 1_000 - 1).status, "in_progress");
  assert.deepEqual([phase(windowMs / 1_000).status, phase(windowMs).done], ["expired", requests - 5]);
});

test("one that is cancelled keeps what was done by then", () => {
  const states = [14, 15, 18.9, 19].map((seconds): BatchStatus => at(seconds, { cancelled: 14 }).status);
  assert.deepEqual(states, ["cancelling", "cancelling", "cancelling", "cancelled"]);
  assert.equal(at(100, { cancelled: 14 }).done, 2);
  assert.deepEqual(at(100, { cancelled: 3 }).reachedMs, {
    validating: 0,
    cancelling: 3_000,
    cancelled: 8_000,
  });
});

function line(change: object): string {
  return JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/embeddings", body: {}, ...change });
}

test("every wrong line of an input is told with its number", () => {
  const lines = [line({}), "{", line({ custom_id: "" }), line({}), line({ custom_id: "b", method: "GET" })];
  const { requests, errors } = readBatchInput(
    [...lines, line({ custom_id: "c", url: "/v1/else" })].join("\n"),
    "/v1/embeddings",
  );
  assert.deepEqual(
    requests.map(({ customId }) => customId),
    ["a"],
  );
  assert.deepEqual(
    errors.map(({ code, line: number }) => [code, number]),
    [
      ["invalid_json_line", 2],
      ["missing_required_parameter", 3],
      ["duplicate_custom_id", 4],
      ["invalid_method", 5],
      ["mismatched_endpoint", 6],
    ],
  );
  assert.equal(readBatchInput("\n", "/v1/embeddings").errors[0]!.code, "empty_file");
});
