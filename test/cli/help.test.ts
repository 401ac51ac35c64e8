import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommandName, commands } from "../../src/cli/commands.ts";
import { exitCodes } from "../../src/core/errors.ts";
import { commandHelp, programHelp } from "../../src/cli/help.ts";
import { readCommandLine } from "../../src/cli/read-command-line.ts";
import { runFake } from "./support/fake-host.ts";

const names = Object.keys(commands) as CommandName[];

function assertNarrow(help: string): void {
  for (const line of help.split("\n")) assert.ok(line.length <= 80, `wider than 80 columns: ${line}`);
}

/** Words of a command line as a shell splits them; of a pipe, its last part. */
function shellWords(commandLine: string): string[] {
  const last = commandLine.slice(commandLine.lastIndexOf("|") + 1).trim();
  return [...last.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

test("the program's help names every command and exit code, in 80 columns", () => {
  const help = programHelp("1.2.3");
  assertNarrow(help);
  assert.match(help, /^reembed 1\.2\.3\n/);
  for (const name of names) assert.match(help, new RegExp(`^  ${name}\\b`, "m"));
  for (const code of Object.values(exitCodes)) assert.match(help, new RegExp(`^  ${code} `, "m"));
});

for (const name of names) {
  test(`help of ${name}: 80 columns, every flag, and examples that are understood`, async () => {
    const command = await commands[name].load();
    const help = commandHelp(name, command);
    assertNarrow(help);
    assert.match(help, new RegExp(`^Usage\n  reembed ${name}\\b`));
    for (const flag of ["--json", "--quiet", "--log", "--help"]) assert.ok(help.includes(`  ${flag}`), flag);
    assert.ok(command.examples.length > 0);
    for (const [commandLine] of command.examples) {
      const [program, ...argv] = shellWords(commandLine);
      assert.equal(program, "reembed");
      const read = await readCommandLine(argv);
      assert.equal(read.kind === "command" ? read.name : read.kind, name, commandLine);
    }
  });
}

test("help of a command reads like this", async () => {
  const { stdout, exitCode } = await runFake(["help", "rollback"]);
  assert.equal(exitCode, 0);
  assert.equal(
    stdout,
    `Usage
  reembed rollback [flags]

Makes the version active again that was active before the last switch, in one
commit. Possible while its column exists, which is until it is retired.

Shared flags
  --db URI       LanceDB folder or URI; default: ./reembed-data
  --table NAME   the table to work on
  --config FILE  configuration; default: reembed.config.json or .ts in this
                 folder
  --pin          pin a local model that is not yet in reembed.lock.json
  --json         NDJSON on stdout: events, and last the result or the error
  --quiet        no progress; only warnings and the result
  --log FILE     append a dated log of what happens to this file
  --help         show this help

Examples
  # undo the last switch
  reembed rollback --table docs
`,
  );
});

test("help is asked for in four ways", async () => {
  const [first, ...others] = await Promise.all([
    runFake(["help"]),
    runFake(["--help"]),
    runFake(["-h"]),
    runFake(["--json", "--help"]),
  ]);
  for (const other of others) assert.equal(other.stdout, first?.stdout);
  const search = await runFake(["search", "--help"]);
  assert.equal(search.stdout, (await runFake(["help", "search"])).stdout);
  assert.equal(search.exitCode, 0);
});

test("nothing at all is answered with the help, on standard error, and exit code 2", async () => {
  const { exitCode, stdout, stderr } = await runFake([]);
  assert.equal(exitCode, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^reembed \d/);
});

test("on a narrow terminal all but the examples and usages is wrapped to its width", async () => {
  for (const name of names) {
    const help = commandHelp(name, await commands[name].load(), 50);
    const [, about = ""] = /^Usage\n.*\n\n([^]*)\nExamples\n/.exec(help) ?? [];
    assert.ok(about.length > 0, name);
    for (const line of about.split("\n")) assert.ok(line.length <= 50 || /^ +\S+( \S+)?$/.test(line), line);
  }
  const { stdout } = await runFake(["--help"], { columns: 60 });
  for (const line of stdout.split("\n")) {
    assert.ok(line.length <= 60 || /^ {2}reembed /.test(line), line);
  }
});
