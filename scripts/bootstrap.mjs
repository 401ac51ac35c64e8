/**
 * Makes a checkout ready and runs one thing in it, from nothing but a Node >= 20 and npm.
 *
 *     node scripts/bootstrap.mjs TASK [arguments]
 *
 * Installs what package-lock.json says when node_modules is absent or from another lock, then runs the
 * task under Node 24 (the development dependency `node`). Plain JavaScript without dependencies: it runs
 * before anything is installed.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const binaries = join(modules, ".bin");
const stampFile = join(modules, ".reembed-installed");
const lockFile = join(root, "package-lock.json");
const windows = process.platform === "win32";
const node24 = join(modules, "node", "bin", windows ? "node.exe" : "node");

/** The ONNX runtime's install script would fetch GPU files from outside the npm registry. */
const installEnvironment = { ONNXRUNTIME_NODE_INSTALL: "skip", ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" };

const typescript = join("node_modules", "typescript", "bin", "tsc");
const oxlint = join("node_modules", "oxlint", "bin", "oxlint");
const oxfmt = join("node_modules", "oxfmt", "bin", "oxfmt");
/**
 * Compiled modules are kept between processes. Source: a command's start takes 0.8 s of CPU with it and
 * 1.3 s without, and the tests start hundreds of processes.
 */
const compileCache = join(modules, ".cache", "reembed-compiled");
/** Two files at a time: each may hold a database or a model, and two cores are what we promise. */
const testRunner = ["--test", "--test-reporter=spec", "--test-concurrency=2"];

/** Task -> the Node 24 command lines it runs, one after the other. */
const tasks = {
  setup: () => [],
  reembed: (args) => [[join("src", "main.ts"), ...args]],
  quickstart: (args) => [[join("src", "main.ts"), "quickstart", ...args]],
  bench: (args) => [[join("src", "main.ts"), "bench", ...args]],
  test: (args) => [[...testRunner, ...(args.length > 0 ? args.map(testPattern) : ["test/**/*.test.ts"])]],
  check: () => [
    [oxfmt, "--check", "."],
    [oxlint, "--type-aware", "--deny-warnings"],
    [typescript, "-p", "."],
  ],
  format: (args) => [[oxfmt, ...(args.length > 0 ? args : ["."])]],
  build: () => [
    ["-e", "fs.rmSync('dist', { recursive: true, force: true })"],
    [typescript, "-p", "tsconfig.build.json"],
  ],
};

/** A folder stands for the tests in it. */
function testPattern(argument) {
  const path = join(root, argument);
  return existsSync(path) && statSync(path).isDirectory() ? `${argument}/**/*.test.ts` : argument;
}

/** The child that is running, to pass signals on to. */
let running = null;
let interrupted = null;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted = signal;
    running?.kill(signal);
  });
}

/** Runs a command to its end; answers its exit code, or 128 + signal number. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    running = child;
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running = null;
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** What the stamp says once everything is installed: the lock, for this kind of machine. */
function wantedStamp() {
  const digest = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  return `${digest} ${process.platform}-${process.arch}\n`;
}

/** Whether npm's own record of node_modules holds every package of the lock: someone ran npm by hand. */
function installedByHand() {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || installed[path]?.version === entry.version,
  );
}

async function install() {
  const stamp = wantedStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp && existsSync(node24)) return;
  if (!installedByHand() || !existsSync(node24)) {
    process.stderr.write("reembed: installing dependencies (npm ci), once\n");
    rmSync(stampFile, { force: true });
    await npmCi();
  }
  if (!existsSync(node24)) {
    fail(
      `reembed: npm ci finished without ${node24}: the install script of the package "node" did not run. ` +
        "Allow install scripts (npm config get ignore-scripts) and run this again.",
    );
  }
  writeFileSync(stampFile, stamp);
}

/** npm prints much that nobody needs when all goes well: it is kept, and shown when it does not. */
async function npmCi() {
  const options = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const npmScript = process.env.npm_execpath ?? "";
  const underNpm = npmScript.endsWith("npm-cli.js");
  const command = underNpm ? process.execPath : "npm";
  const args = underNpm ? [npmScript, ...options] : options;
  let output = "";
  const child = run(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    shell: windows && !underNpm,
    env: { ...process.env, ...installEnvironment },
  });
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const code = await child.catch((error) => fail(`reembed: npm could not be started: ${error.message}`));
  if (interrupted !== null) process.exit(128 + constants.signals[interrupted]);
  if (code !== 0) {
    fail(
      `${output}reembed: npm ci failed with exit code ${code} (its output is above). Is the npm registry reachable?`,
    );
  }
}

async function main() {
  const [name = "", ...args] = process.argv.slice(2);
  if (!Object.hasOwn(tasks, name)) {
    process.stderr.write(`usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join("|")} [arguments]\n`);
    process.exit(2);
  }
  await install();
  const path = [binaries, process.env.PATH ?? ""].join(delimiter);
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env, PATH: path };
  for (const line of tasks[name](args)) {
    const code = await run(node24, line, { env });
    if (code !== 0) process.exit(code);
  }
}

await main();
