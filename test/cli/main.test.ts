import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { jsonLines } from "./support/fake-host.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "reembed-cli-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs the real command line in an empty folder, with nothing of the caller's settings. */
function reembed(argv: string[], input = "") {
  const { PATH = "", HOME = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
    cwd: folder,
    env: { PATH, HOME },
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("help and version answer without loading the engine", () => {
  const help = reembed(["--help"]);
  assert.equal(help.status, 0);
  assert.equal(help.stderr, "");
  assert.match(help.stdout, /\nUsage\n {2}reembed COMMAND \[flags\]\n/);
  assert.match(reembed(["--version"]).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("a mistake in the command line ends with 2", () => {
  const { status, stdout, stderr } = reembed(["serch", "cat"]);
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.equal(stderr, "error: there is no command serch; did you mean search?\nSee: reembed --help\n");
});

test("the exit code says which part of the work failed", () => {
  const bad = join(folder, "bad.config.json");
  writeFileSync(bad, '{ "tabel": "docs" }');
  const cases: [argv: string[], status: number, code: string][] = [
    [["versions"], 2, "REEMBED_USAGE"],
    [["versions", "--table", "docs", "--config", bad], 2, "REEMBED_CONFIG_INVALID"],
    [["versions", "--table", "docs", "--config", "none.json"], 2, "REEMBED_CONFIG_UNREADABLE"],
    [["import", "none.parquet", "--table", "docs"], 3, "REEMBED_CORPUS_UNREADABLE"],
    [["versions", "--table", "docs"], 6, "REEMBED_STORE_TABLE_MISSING"],
  ];
  for (const [argv, status, code] of cases) {
    const ended = reembed([...argv, "--json"]);
    assert.equal(ended.status, status, `${argv.join(" ")}: ${ended.stdout}${ended.stderr}`);
    assert.equal(ended.stderr, "");
    const [last] = jsonLines(ended.stdout).slice(-1);
    assert.deepEqual([last?.["type"], last?.["code"]], ["error", code]);
  }
});

test("a pipe in, NDJSON out, and the same table for people", () => {
  const rows = ['{"id":1,"text":"a cat"}', '{"id":2,"text":"a dog"}'].join("\n");
  const imported = reembed(["import", "-", "--table", "pets", "--format", "jsonl", "--json"], rows);
  assert.equal(imported.status, 0, imported.stdout);
  const result = jsonLines(imported.stdout).at(-1);
  assert.deepEqual([result?.["command"], result?.["rows"]], ["import", 2]);
  const versions = reembed(["versions", "--table", "pets"]);
  assert.equal(versions.status, 0, versions.stderr);
  assert.match(versions.stdout, /^pets has no version yet/);
});
