/** kill -9 in mid-unit: what the model had finished is not computed again. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { runCli } from "../support/cli.ts";
import { readColumn } from "../support/read-column.ts";
import { mustRunHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const model = "bundled:all-MiniLM-L6-v2";
const at = ["--db", "db", "--table", "docs"];
const fill = ["backfill", "--to", model, "--workers", "1", ...at];
const rows = 900;

const words = ["amber", "boat", "candle", "desert", "ember", "forest", "garden", "harbour"];
const textOf = (row: number): string =>
  `${words[row % 8]} ${words[(row >> 3) % 8]} ${words[(row >> 6) % 8]} number ${row}`;

async function importRows(context: TestContext): Promise<string> {
  const cwd = await temporaryFolder(context);
  const lines = Array.from({ length: rows }, (_, row) =>
    JSON.stringify({ id: `k${row}`, text: textOf(row) }),
  );
  await writeFile(join(cwd, "docs.jsonl"), lines.join("\n"));
  await mustRunHere(["import", join(cwd, "docs.jsonl"), "--key", "id", "--text", "text", ...at], { cwd });
  return cwd;
}

/** Runs a backfill and kills it once the model has finished some texts, before anything is committed. */
async function killInMidUnit(cwd: string, share: number): Promise<void> {
  const run = await runCli(fill, {
    cwd,
    onLine: (line, child) => {
      if (line["event"] === "backfill:progress" && (line["rows"] as number) >= rows * share)
        child.kill("SIGKILL");
    },
  });
  assert.equal(run.signal, "SIGKILL");
  assert.ok(!run.lines.some((line) => line["event"] === "unit:committed"));
}

const sum = (result: Readonly<Record<string, unknown>>): number =>
  ["embedded", "copied", "deduplicated", "skipped", "failed"].reduce(
    (total, name) => total + (result[name] as number),
    0,
  );

test("a killed run's vectors are taken from the spool: each token is computed once", async (context) => {
  const calm = await importRows(context);
  const whole = await mustRunHere(fill, { cwd: calm });
  const expected = await readColumn(join(calm, "db"), "docs", "id", "vector_v1");

  const cwd = await importRows(context);
  await killInMidUnit(cwd, 0.3);
  await killInMidUnit(cwd, 0.6);
  const last = await mustRunHere(fill, { cwd });
  const copied = last["copied"] as number;
  assert.ok(copied >= 0.6 * rows, `${copied} were copied`);
  assert.equal(last["handled"], rows);
  assert.equal(sum(last), rows);
  assert.equal(last["embedded"], rows - copied);
  // Texts are of 7 to 10 tokens: what was not computed shows in the tokens.
  assert.ok((last["tokens"] as number) < (whole["tokens"] as number) * (1 - copied / rows) * 1.2);
  assert.deepEqual(await readColumn(join(cwd, "db"), "docs", "id", "vector_v1"), expected);
  assert.deepEqual(await readdir(join(cwd, "db", ".reembed", "spool", "docs")), [], "nothing is left behind");
});

test("a run goes on just as well when the spool is gone", async (context) => {
  const cwd = await importRows(context);
  await killInMidUnit(cwd, 0.3);
  await rm(join(cwd, "db", ".reembed"), { recursive: true });
  const last = await mustRunHere(fill, { cwd });
  assert.equal(last["copied"], 0);
  assert.equal(last["embedded"], rows);
  assert.equal(last["state"], "active");
});

test("a full disk ends the run with what to do, and the next one goes on", async (context) => {
  const cwd = await importRows(context);
  const small = join(cwd, "small");
  await mkdir(small);
  try {
    await promisify(execFile)("mount", ["-t", "tmpfs", "-o", "size=256k", "none", small]);
  } catch {
    context.skip("a small file system cannot be mounted here");
    return;
  }
  try {
    const env = { REEMBED_STATE_FOLDER: small };
    const run = await runCli(fill, { cwd, env });
    assert.equal(run.exitCode, 6);
    assert.equal(run.last["code"], "REEMBED_SPOOL_WRITE_FAILED");
    assert.match(
      String(run.last["message"]),
      /ENOSPC.*make room there, or name another place with stateFolder/,
    );
    const { versions } = (await mustRunHere(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.equal(versions[0]?.["covered"], 0);

    await promisify(execFile)("mount", ["-o", "remount,size=64m", small]);
    const last = await mustRunHere(fill, { cwd, env });
    assert.ok((last["copied"] as number) > 0);
    assert.equal(sum(last), rows);
  } finally {
    await promisify(execFile)("umount", [small]);
  }
});
