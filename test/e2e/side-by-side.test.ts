/** Several processes fill one version together: nothing twice, nothing left, one of them finishes. */
import assert from "node:assert/strict";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { requireWordnet, wordnetGlosses } from "../../src/datasets/wordnet.ts";
import { type CliRun, mustRun, runCli } from "../support/cli.ts";
import { readColumn } from "../support/read-column.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const at = ["--db", "db", "--table", "glosses"];
const fill = ["backfill", "--to", "bundled:potion-base-4m-int8", "--name", "v1", "--workers", "1", ...at];
/** Three fragments, and so three units, of the usual size. */
const rows = 70_000;

test("processes side by side", async (context) => {
  const base = await temporaryFolder(context);
  const lines: string[] = [];
  for await (const row of wordnetGlosses(await requireWordnet())) {
    if (lines.length < rows) lines.push(JSON.stringify(row));
  }
  await writeFile(join(base, "glosses.jsonl"), lines.join("\n"));
  await mustRun(["import", "glosses.jsonl", "--key", "id", "--text", "gloss", ...at], { cwd: base });
  const alone = await copyOf(context, base);
  await mustRun(fill, { cwd: alone });
  const expected = await vectors(alone);

  await context.test("two that start at once share the units, and one finishes", async (part) => {
    const cwd = await copyOf(part, base);
    const runs = await Promise.all([runCli(fill, { cwd }), runCli(fill, { cwd })]);
    assert.deepEqual(
      runs.map((run) => run.exitCode),
      [0, 0],
      runs.map((run) => run.stderr).join("\n"),
    );
    assert.equal(handled(runs[0]) + handled(runs[1]), rows, "each row is computed once");
    const finishers = runs.filter((run) => run.lines.some((line) => line["to"] === "ready"));
    assert.equal(finishers.length, 1);
    await checkFinished(cwd);
  });

  await context.test("shards are disjoint, and the last one finishes", async (part) => {
    const cwd = await copyOf(part, base);
    const first = await mustRun([...fill, "--shard", "1/2"], { cwd });
    assert.equal(first["state"], "backfilling");
    assert.match(String(first["note"]), /^shard 1 of 2 is done; \d+ rows of other shards are still to do$/);
    const again = await mustRun([...fill, "--shard", "1/2"], { cwd });
    assert.equal(again["handled"], 0);
    const second = await mustRun([...fill, "--shard", "2/2"], { cwd });
    assert.equal(Number(first["handled"]) + Number(second["handled"]), rows);
    assert.equal(second["note"], null);
    await checkFinished(cwd);
  });

  await context.test("what a killed process had taken is taken over", async (part) => {
    const cwd = await copyOf(part, base);
    const victim = runCli(fill, {
      cwd,
      onLine: (line, child) => {
        if (line["event"] === "unit:committed") child.kill("SIGKILL");
      },
    });
    const [killed, survivor] = await Promise.all([victim, runCli(fill, { cwd })]);
    assert.equal(killed.signal, "SIGKILL");
    assert.equal(survivor.exitCode, 0, survivor.stderr);
    await checkFinished(cwd);
  });

  async function checkFinished(cwd: string): Promise<void> {
    assert.deepEqual(await vectors(cwd), expected);
    const { versions } = (await mustRun(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.deepEqual(
      versions.map((version) => [
        version["name"],
        version["state"],
        version["indexCoverage"],
        version["stale"],
      ]),
      [["v1", "active", 1, 0]],
    );
    const table = await (await connect(join(cwd, "db"))).openTable("glosses");
    const leases = (await table.schema()).fields.filter((field) => field.metadata.has("reembed:leases"));
    assert.deepEqual(leases, [], "no lease stays behind");
  }
});

const vectors = (cwd: string): Promise<unknown> => readColumn(join(cwd, "db"), "glosses", "id", "vector_v1");

const handled = (run: CliRun | undefined): number => Number(run?.last["handled"]);

async function copyOf(context: TestContext, base: string): Promise<string> {
  const folder = await temporaryFolder(context);
  await cp(join(base, "db"), join(folder, "db"), { recursive: true });
  return folder;
}
