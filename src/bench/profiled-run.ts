import { spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { extname } from "node:path";
import { execArgv, execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { Emit, ReembedEvent } from "../core/events.ts";
import type { BenchReport } from "./bench-report.ts";

/**
 * Runs a bench in a process that Node profiles: the main thread and every worker leave a file
 * `*.cpuprofile` in the folder, for a browser's developer tools.
 * @param flags of `bench`, as written on a command line
 * @throws REEMBED_INTERNAL, or what the run itself ended with
 */
export async function profiledRun(
  flags: readonly string[],
  folder: string,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<BenchReport> {
  await mkdir(folder, { recursive: true });
  const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
  const profiling = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
  const child = spawn(execPath, [...execArgv, ...profiling, main, "bench", "--json", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const interrupt = (): void => void child.kill("SIGINT");
  signal?.addEventListener("abort", interrupt, { once: true });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  let last: Record<string, unknown> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as Record<string, unknown>;
    const { type, ...rest } = last;
    if (type === "event") emit(rest as unknown as ReembedEvent);
  }
  await ended;
  signal?.removeEventListener("abort", interrupt);
  throwIfAborted(signal);
  const { type, command: _, ...result } = last;
  if (type === "error") throw ReembedError.fromData(result as never);
  if (type !== "result")
    throw new ReembedError("REEMBED_INTERNAL", "the profiled run ended without a result");
  const profiles = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile"));
  if (profiles.length === 0) {
    throw new ReembedError("REEMBED_INTERNAL", `the run left no profile in ${folder}`);
  }
  return result as unknown as BenchReport;
}
