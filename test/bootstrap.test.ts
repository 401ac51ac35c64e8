/** The first command of a fresh clone, against a clone with a stand-in for npm. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { repository } from "./support/source-files.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Written by the stand-in for npm each time it runs. */
const calls = "npm-calls.txt";

/** A clone whose program prints its arguments, and an npm that links this Node into node_modules. */
async function cloneIn(folder: string): Promise<void> {
  await mkdir(join(folder, "scripts"), { recursive: true });
  await cp(join(repository, "scripts", "bootstrap.mjs"), join(folder, "scripts", "bootstrap.mjs"));
  await writeFile(join(folder, "package-lock.json"), '{ "packages": { "": {} } }');
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "src", "main.ts"), "console.log(JSON.stringify(process.argv.slice(2)));");
  await writeFile(
    join(folder, "npm-cli.js"),
    `const fs = require("node:fs");
     fs.appendFileSync("${calls}", process.argv.slice(2).join(" ") + " " + process.env.ONNXRUNTIME_NODE_INSTALL + "\\n");
     console.log("noise of npm");
     if (fs.existsSync("broken-registry")) process.exit(1);
     if (fs.existsSync("no-scripts")) process.exit(0);
     fs.rmSync("node_modules", { recursive: true, force: true });
     fs.mkdirSync("node_modules/node/bin", { recursive: true });
     fs.symlinkSync(${JSON.stringify(process.execPath)}, "node_modules/node/bin/node");`,
  );
}

function start(folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["scripts/bootstrap.mjs", ...args], {
    cwd: folder,
    env: { ...process.env, npm_execpath: join(folder, "npm-cli.js") },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function finish(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const bootstrap = (folder: string, ...args: string[]): Promise<Finished> => finish(start(folder, args));

async function clone(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  await cloneIn(folder);
  return folder;
}

describe("set-up", () => {
  test("installs once, quietly, without GPU files, and again for another lock file", async (context) => {
    const folder = await clone(context);
    const first = await bootstrap(folder, "reembed", "plan", "--to", "a b");
    assert.deepEqual([first.code, first.stdout], [0, '["plan","--to","a b"]\n']);
    assert.equal(first.stderr, "reembed: installing dependencies (npm ci), once\n");
    const second = await bootstrap(folder, "quickstart", "--json");
    assert.deepEqual([second.code, second.stdout, second.stderr], [0, '["quickstart","--json"]\n', ""]);

    await writeFile(
      join(folder, "package-lock.json"),
      '{ "packages": { "": {}, "node_modules/a": { "version": "1.0.0" } } }',
    );
    const third = await bootstrap(folder, "setup");
    assert.equal(third.code, 0);
    const lines = (await readFile(join(folder, calls), "utf8")).trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /^ci .*--include=dev .*skip$/);
  });

  test("takes an install made by hand for what it is", async (context) => {
    const folder = await clone(context);
    const node = join(folder, "node_modules", "node", "bin", "node");
    await mkdir(dirname(node), { recursive: true });
    await symlink(process.execPath, node);
    await cp(join(folder, "package-lock.json"), join(folder, "node_modules", ".package-lock.json"));
    assert.deepEqual(await bootstrap(folder, "setup"), { code: 0, stdout: "", stderr: "" });
    assert.equal(existsSync(join(folder, calls)), false);
  });

  test("a failed install is told with npm's own words, and is tried again", async (context) => {
    const folder = await clone(context);
    await writeFile(join(folder, "broken-registry"), "");
    const failed = await bootstrap(folder, "setup");
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      /noise of npm\nreembed: npm ci failed with exit code 1 .*Is the npm registry reachable\?\n$/,
    );
    await rm(join(folder, "broken-registry"));
    assert.equal((await bootstrap(folder, "setup")).code, 0);
  });

  test("install scripts that were not run are told", async (context) => {
    const folder = await clone(context);
    await writeFile(join(folder, "no-scripts"), "");
    const failed = await bootstrap(folder, "setup");
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /the install script of the package "node" did not run/);
  });
});

describe("the task", () => {
  test("its exit code is passed on", async (context) => {
    const folder = await clone(context);
    await writeFile(join(folder, "src", "main.ts"), "process.exitCode = 7;");
    assert.equal((await bootstrap(folder, "reembed")).code, 7);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} is passed on, and waited for`, async (context) => {
      const folder = await clone(context);
      await writeFile(
        join(folder, "src", "main.ts"),
        `process.on("${signal}", () => setTimeout(() => { console.log("drained"); process.exit(42); }, 50));
         setInterval(() => {}, 1000);
         console.log("up");`,
      );
      const child = start(folder, ["reembed"]);
      child.stdout?.once("data", () => child.kill(signal));
      const result = await finish(child);
      assert.deepEqual([result.code, result.stdout], [42, "up\ndrained\n"]);
    });
  }

  test("a folder of tests stands for the tests in it", async (context) => {
    const folder = await clone(context);
    await mkdir(join(folder, "test", "one"), { recursive: true });
    await writeFile(
      join(folder, "test", "one", "a.test.ts"),
      'import { test } from "node:test"; test("inner", () => {});',
    );
    const child = await finish(
      spawn(process.execPath, ["scripts/bootstrap.mjs", "test", "test/one"], {
        cwd: folder,
        // Without this the runner takes itself for a test of the runner that runs this file.
        env: { ...process.env, NODE_TEST_CONTEXT: undefined, npm_execpath: join(folder, "npm-cli.js") },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    assert.equal(child.code, 0, child.stdout + child.stderr);
    assert.match(child.stdout, /inner[^]*tests 1\n/);
  });

  test("an unknown one is refused with the list", async (context) => {
    const refused = await bootstrap(await clone(context), "dance");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^usage: .*setup\|reembed\|quickstart\|bench\|test/);
  });
});
