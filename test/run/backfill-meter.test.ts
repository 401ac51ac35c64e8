import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackfillMeter } from "../../src/run/backfill-meter.ts";

const result = (rows: number, tokens: number, more: { deduplicated?: number; slots?: number } = {}) => ({
  vectors: new Float32Array(),
  outcomes: new Uint8Array(rows),
  computed: rows,
  tokens,
  truncated: 1,
  deduplicated: more.deduplicated ?? 0,
  slots: more.slots ?? tokens,
});

test("rows add up", () => {
  const meter = createBackfillMeter(() => 0);
  meter.embedded(100, result(10, 50, { deduplicated: 3, slots: 100 }));
  meter.skipped("a", "empty");
  meter.skipped(5n, "no-known-token");
  meter.skipped("b", "not-finite");
  const counts = meter.counts();
  assert.equal(counts.handled, 10);
  assert.equal(counts.embedded, 4);
  assert.equal(counts.embedded + counts.deduplicated + counts.skipped + counts.failed, counts.handled);
  assert.equal(counts.paddingShare, 0.5);
  assert.deepEqual(counts.skippedRows[1], { reason: "no-known-token", rows: 1, keys: ["5"] });
});

test("keeps a few keys a reason, whatever their number", () => {
  const meter = createBackfillMeter(() => 0);
  for (let row = 0; row < 1000; row += 1) meter.skipped(`k${row}`, "empty");
  assert.equal(meter.counts().skippedRows[0]?.keys.length, 10);
  assert.equal(meter.counts().skipped, 1000);
});

test("time left is counted by text: long texts first do not mislead it", () => {
  let nowMs = 0;
  const meter = createBackfillMeter(() => nowMs);
  assert.equal(meter.pace().etaSeconds, null);
  meter.expect(100);
  meter.read(50, 2000);
  // The ten longest rows took half of the window's tokens in one second.
  nowMs = 1000;
  meter.progress({ texts: 10, tokens: 250 });
  assert.equal(meter.pace().rowsPerSecond, 10);
  // 4,000 characters in all are 1,000 tokens; 750 are left at 250 a second.
  assert.equal(meter.pace().etaSeconds, 3);
});
