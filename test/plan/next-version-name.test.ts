import assert from "node:assert/strict";
import { test } from "node:test";
import { nextVersionName } from "../../src/plan/next-version-name.ts";

test("counts on from the highest number, whatever else is there", () => {
  assert.equal(nextVersionName([]), "v1");
  assert.equal(nextVersionName(["v1", "v3", "backup"]), "v4");
  assert.equal(nextVersionName(["blue", "v2x"]), "v1");
});
