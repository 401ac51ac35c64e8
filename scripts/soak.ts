/**
 * Fills a version for minutes while the table is written to, compacted, indexed and searched, and while
 * the processes that fill it are killed; then checks every row.
 *
 * Usage: node scripts/soak.ts [--minutes 5] [--rows 70000] [--seed 1] [--folder DIR]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { soak } from "../test/support/soak.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    rows: { type: "string", default: "70000" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: tmpdir() },
  },
});

const cwd = await mkdtemp(join(flags.folder, "reembed-soak-"));
try {
  const seconds = Number(flags.minutes) * 60;
  const report = await soak({ cwd, rows: Number(flags.rows), seconds, seed: Number(flags.seed) });
  stdout.write(`${JSON.stringify(report, null, 2)}\n`);
} finally {
  await rm(cwd, { recursive: true, force: true });
}
