/** The short form of `scripts/soak.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { soak } from "../support/soak.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("a table in full life is filled while processes are killed", async (context) => {
  const report = await soak({ cwd: await temporaryFolder(context), rows: 20_000, seconds: 5, seed: 1 });
  assert.ok(report.appended > 0 && report.changed > 0 && report.deleted > 0 && report.compactions > 0);
  assert.ok(report.killed > 0 && report.searches > 0 && report.indexBuilds > 0);
});
