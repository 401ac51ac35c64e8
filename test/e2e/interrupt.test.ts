/** Ctrl-C in the middle of a backfill drains, exits as interrupted, and the next run goes on. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { mustRunHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Some fragments, so that the signal comes long before the last of them. */
const rows = 100_000;
const at = ["--db", "db", "--table", "glosses"];
const fill = ["backfill", "--to", "bundled:potion-base-4m-int8", "--name", "v1", "--index", "none", ...at];

for (const { signal, exitCode } of [
  { signal: "SIGINT", exitCode: 130 },
  { signal: "SIGTERM", exitCode: 143 },
] as const) {
  test(`${signal} leaves a resumable state`, async (context) => {
    const cwd = await temporaryFolder(context);
    const lines = Array.from({ length: rows }, (_, row) => `{"id":${row},"gloss":"word ${row}"}`);
    await writeFile(join(cwd, "glosses.jsonl"), lines.join("\n"));
    const source = join(cwd, "glosses.jsonl");
    await mustRunHere(["import", source, "--key", "id", "--text", "gloss", ...at], { cwd });
    let sent = false;
    const stopped = await runCli(fill, {
      cwd,
      onLine: (line, child) => {
        if (line["event"] !== "lane:started" || sent) return;
        sent = true;
        child.kill(signal);
      },
    });
    assert.equal(stopped.exitCode, exitCode);
    assert.equal(stopped.last["code"], "REEMBED_INTERRUPTED");
    const { versions } = (await mustRunHere(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.equal(versions[0]?.["state"], "backfilling");
    const resumed = await mustRunHere(fill, { cwd });
    assert.equal(resumed["state"], "active");
    assert.ok(Number(resumed["handled"]) > 0);
    const again = (await mustRunHere(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.equal(again.versions[0]?.["covered"], rows);
  });
}
