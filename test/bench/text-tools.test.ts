import assert from "node:assert/strict";
import { test } from "node:test";
import { limitOn, type TextTool } from "../../src/bench/peers/text-tools.ts";

const batches: TextTool = {
  tool: "transformers.js",
  label: "batches of 32",
  sort: "float",
  flags: [],
  limit: { times: 6, on: "mixed" },
};

test("what padding costs is promised on texts of mixed lengths alone", () => {
  const alike = { median: 12, p95: 29, most: 102 };
  const mixed = { median: 45, p95: 240, most: 256 };
  assert.equal(limitOn(batches, alike), null);
  assert.equal(limitOn(batches, null), null);
  assert.equal(limitOn(batches, mixed), 6);
  const always: TextTool = { ...batches, limit: { times: 1.35, on: "any" } };
  assert.equal(limitOn(always, alike), 1.35);
  assert.equal(limitOn({ ...batches, limit: null }, mixed), null);
});
