/** Runs the real command line in a child process. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** One line of `--json` output. */
export type JsonLine = { readonly type: "event" | "result" | "error" } & Readonly<Record<string, unknown>>;

export interface CliRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly JsonLine[];
  /** The last line: a result or an error. */
  readonly last: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees every line as it arrives, with the child to act on. */
  readonly onLine?: (line: JsonLine, child: ChildProcess) => void;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `reembed ARGS --json` and reads every line of its output as JSON. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const child = spawn(process.execPath, [main, ...args, "--json"], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  options.onStart?.(child);
  child.stdin.on("error", () => {
    // A command that refuses its input early closes the pipe: its exit code tells.
  });
  child.stdin.end(options.input ?? "");
  const lines: JsonLine[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (text) => {
    const line = JSON.parse(text) as JsonLine;
    lines.push(line);
    options.onLine?.(line, child);
  });
  const closed = new Promise<void>((resolve) => reader.once("close", resolve));
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("close", (code, name) => resolve([code, name])),
  );
  await closed;
  return { exitCode, signal, lines, last: lines.at(-1) ?? {}, stderr };
}

/** The result of a command that must succeed with this exit code. */
export async function mustRun(
  args: readonly string[],
  options: CliOptions,
  exitCode: number = 0,
): Promise<Readonly<Record<string, unknown>>> {
  const run = await runCli(args, options);
  if (run.exitCode === exitCode) return run.last;
  throw new Error(
    `reembed ${args.join(" ")} exited with ${run.exitCode ?? run.signal}, not ${exitCode}: ${JSON.stringify(run.last)}\n${run.stderr}`,
  );
}
