/** Ctrl-C in the middle of a backfill drains, exits as interrupted, and the next run goes on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { requireWordnet, writeWordnetCorpus } from "../../src/datasets/wordnet.ts";
import { mustRun, runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const at = ["--db", "db", "--table", "glosses"];
const fill = ["backfill", "--to", "bundled:potion-base-4m-int8", "--name", "v1", ...at];

for (const { signal, exitCode } of [
  { signal: "SIGINT", exitCode: 130 },
  { signal: "SIGTERM", exitCode: 143 },
] as const) {
  test(`${signal} leaves a resumable state`, async (context) => {
    const cwd = await temporaryFolder(context);
    await writeWordnetCorpus(await requireWordnet(), join(cwd, "glosses.jsonl"));
    await mustRun(["import", "glosses.jsonl", "--key", "id", "--text", "gloss", ...at], { cwd });
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
    const { versions } = (await mustRun(["versions", ...at], { cwd })) as {
      versions: Record<string, unknown>[];
    };
    assert.equal(versions[0]?.["state"], "backfilling");
    const resumed = await mustRun(fill, { cwd });
    assert.equal(resumed["state"], "active");
    assert.ok(Number(resumed["handled"]) > 0);
    const again = (await mustRun(["versions", ...at], { cwd })) as { versions: Record<string, unknown>[] };
    assert.equal(again.versions[0]?.["covered"], 117_791);
  });
}
