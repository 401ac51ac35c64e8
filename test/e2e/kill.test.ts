/** kill -9 at any moment of a backfill: the next run ends with the same bytes as an undisturbed one. */
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestContext, test } from "node:test";
import { requireWordnet, writeWordnetCorpus } from "../../src/datasets/wordnet.ts";
import { isFullTest } from "../support/full-test.ts";
import { mustRun, runCli } from "../support/cli.ts";
import { mustRunHere } from "../support/run-here.ts";
import { digestColumn } from "../support/read-column.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const potion = "bundled:potion-base-4m-int8";
const at = ["--db", "db", "--table", "glosses"];
const fillSecond = ["backfill", "--to", `${potion}?dimensions=64`, "--name", "v2", ...at];

/** Share of an undisturbed run's time at which each run is killed: spread over all of it, unevenly. */
const moments = [0.03, 0.11, 0.24, 0.31, 0.42, 0.53, 0.6, 0.74, 0.86, 0.97];

test("killed at ten moments and resumed", async (context) => {
  const base = await temporaryFolder(context);
  await writeGlosses(join(base, "glosses.jsonl"));
  const file = join(base, "glosses.jsonl");
  await mustRunHere(["import", file, "--key", "id", "--text", "gloss", ...at], { cwd: base });
  await mustRunHere(["backfill", "--to", potion, "--name", "v1", ...at], { cwd: base });
  const v1 = await digestColumn(join(base, "db"), "glosses", "id", "vector_v1");

  const calm = await copyOf(context, base);
  const startMs = performance.now();
  await mustRun(fillSecond, { cwd: calm });
  const calmMs = performance.now() - startMs;
  const expected = await digestColumn(join(calm, "db"), "glosses", "id", "vector_v2");

  let killed = 0;
  for (const moment of moments) {
    const cwd = await copyOf(context, base);
    const run = await runCli(fillSecond, {
      cwd,
      onStart: (child) => {
        void sleep(moment * calmMs).then(() => child.kill("SIGKILL"));
      },
    });
    if (run.signal === "SIGKILL") killed += 1;
    const resumed = await mustRunHere(fillSecond, { cwd });
    assert.equal(resumed["version"], "v2");
    assert.equal(await digestColumn(join(cwd, "db"), "glosses", "id", "vector_v2"), expected);
    assert.equal(await digestColumn(join(cwd, "db"), "glosses", "id", "vector_v1"), v1);
    const { versions } = (await mustRunHere(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.deepEqual(
      versions.map((version) => [version["name"], version["state"], version["indexCoverage"]]),
      [
        ["v1", "active", 1],
        ["v2", "ready", 1],
      ],
    );
  }
  assert.ok(killed >= 8, `only ${killed} of ${moments.length} runs were still going when they were killed`);
});

/**
 * A part of the glosses that is two fragments, so that a kill may come between two commits. All of
 * them: the same with `REEMBED_TEST_FULL=1`, in three times the time.
 */
async function writeGlosses(file: string): Promise<void> {
  await writeWordnetCorpus(await requireWordnet(), file);
  if (isFullTest) return;
  const lines = (await readFile(file, "utf8")).split("\n").slice(0, 40_000);
  await writeFile(file, lines.join("\n"));
}

async function copyOf(context: TestContext, base: string): Promise<string> {
  const folder = await temporaryFolder(context);
  await cp(join(base, "db"), join(folder, "db"), { recursive: true });
  return folder;
}
