import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName } from "../../src/core/nearest-name.ts";

const names = ["backfill", "import", "versions", "switch"];

test("a slip of the finger leads to the name that was meant", () => {
  assert.equal(nearestName("bakfill", names), "backfill");
  assert.equal(nearestName("improt", names), "import");
  assert.equal(nearestName("Versions", names), "versions");
  assert.equal(nearestName("swich", names), "switch");
});

test("a word that is not close to any leads nowhere", () => {
  assert.equal(nearestName("delete", names), null);
  assert.equal(nearestName("x", names), null);
  assert.equal(nearestName("anything", []), null);
});

test("the nearest wins over one that is only near", () => {
  assert.equal(nearestName("--limt", ["--lists", "--limit"]), "--limit");
});
