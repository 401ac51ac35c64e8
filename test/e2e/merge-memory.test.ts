/** Fragments larger than a merge: what they cost is told, memory that cannot do is refused, and rows are right. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { batchOf, importBatches } from "../store/support.ts";
import { digestColumn } from "../support/read-column.ts";
import { mustRunHere, runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** One fragment of 36 MB of vectors. */
const rows = 70_000;
const model = ["--to", "bundled:potion-base-4m-int8", "--index", "none"];

test("a fragment is written in parts, within the memory that is set", async (context) => {
  const cwd = await temporaryFolder(context);
  const db = join(cwd, "db");
  const store = await openStore(db, { fragment: { rows, bytes: 1 << 28 } });
  const numbers = Array.from({ length: rows }, (_, row) => String(row));
  await importBatches(store, "docs", [batchOf({ id: numbers, text: numbers })]);
  await store.close();
  const at = ["--db", db, "--table", "docs"];

  const refused = await runHere(["backfill", ...model, "--memory", "100MB", ...at], { cwd });
  assert.equal(refused.exitCode, 2);
  assert.equal(refused.last["code"], "REEMBED_PLAN_MEMORY");
  const { neededBytes } = refused.last["details"] as { neededBytes: number };
  const { versions } = await mustRunHere(["versions", ...at], { cwd });
  assert.deepEqual(versions, [], "nothing was made");

  const memory = ["--memory", `${neededBytes / 1e6}MB`];
  const { targets } = (await mustRunHere(["plan", ...model.slice(0, 2), ...memory, ...at], { cwd })) as {
    targets: Record<string, number>[];
  };
  const [target] = targets;
  assert.equal(target?.["merges"], 3);
  assert.equal(Math.round((target?.["writeAmplification"] as number) * 10), 24);
  assert.ok((target?.["peakMemoryBytes"] as number) <= neededBytes);

  const parted = await runHere(["backfill", ...model, "--name", "parts", ...memory, ...at], { cwd });
  assert.equal(parted.exitCode, 0, parted.stderr);
  const warning = parted.lines.find((line) => line["event"] === "warning:raised");
  assert.match(
    String(warning?.["message"]),
    /3 merges write 0\.1 GB, 2\.4 times the column; with --memory 287MB it/,
  );
  assert.equal(parted.lines.filter((line) => line["event"] === "unit:committed").length, 3);

  const whole = await runHere(["backfill", ...model, "--name", "whole", "--memory", "287MB", ...at], { cwd });
  assert.equal(whole.lines.filter((line) => line["event"] === "unit:committed").length, 1);
  assert.ok(!whole.lines.some((line) => line["event"] === "warning:raised"));
  const [parts, once] = ["parts", "whole"].map((name) => digestColumn(db, "docs", "id", `vector_${name}`));
  assert.equal(await parts, await once);
});
