/**
 * Latency of searches through the door while another version is being filled, against an idle table: the
 * backfill is a process of its own that may use one core, as a team would run it beside its searches.
 *
 *     node scripts/measure-latency.ts [--searches 4000] [--rounds 3] [--to bundled:all-MiniLM-L6-v2] [--json]
 *
 * Needs Linux (`taskset`). The table has WordNet's glosses, a static version and its index; rounds of idle and
 * of busy searches take turns.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requireWordnet, writeWordnetCorpus } from "../src/datasets/wordnet.ts";
import { openReembed } from "../src/index.ts";

const { values } = parseArgs({
  options: {
    searches: { type: "string", default: "4000" },
    rounds: { type: "string", default: "3" },
    to: { type: "string", default: "bundled:all-MiniLM-L6-v2" },
    json: { type: "boolean", default: false },
  },
});
const searches = Number(values.searches);
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "reembed-latency-"));
const db = join(folder, "db");
const lastCore = String(availableParallelism() - 1);

const reembed = await openReembed({ db, table: "glosses" });
try {
  const corpus = join(folder, "glosses.jsonl");
  await writeWordnetCorpus(await requireWordnet(), corpus);
  await reembed.import({ sources: [corpus], corpus: { key: "id", text: ["gloss"] } });
  await reembed.backfill({ to: "bundled:potion-base-4m-int8", index: "ivf_flat" });
  await timeSearches(searches / 4);
  const idle: number[][] = [];
  const busy: number[][] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    idle.push(await timeSearches(searches));
    const backfill = await startBackfill(`filled${round}`);
    busy.push(await timeSearches(searches));
    await stop(backfill);
  }
  const ratios = idle.map((times, round) => percentile(busy[round] ?? [], 99) / percentile(times, 99));
  const report = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    idle: idle.map(summary),
    busy: busy.map(summary),
    p99Ratio: median(ratios),
  };
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.log(`${report.cpu}, ${report.cores} cores; ${searches} searches a round, milliseconds`);
    for (const [name, rounds] of [
      ["idle", report.idle],
      ["busy", report.busy],
    ] as const) {
      for (const { p50, p99 } of rounds) {
        console.log(`${name}: median ${p50.toFixed(2)}, 99 % ${p99.toFixed(2)}`);
      }
    }
    console.log(`99 % busy by 99 % idle: ${report.p99Ratio.toFixed(2)} (limit: 1.2)`);
  }
} finally {
  await reembed.close();
  await rm(folder, { recursive: true });
}

/** Searches one after the other; how long each took. Unit: milliseconds. */
async function timeSearches(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let search = 0; search < count; search += 1) {
    const started = performance.now();
    await reembed.search({ text: `a word of number ${search % 997} or its like` });
    times.push(performance.now() - started);
  }
  return times;
}

/** A backfill on the last core alone; answers once it has committed to fill, so that its lane is at work. */
async function startBackfill(name: string): Promise<ChildProcess> {
  const flags = ["--db", db, "--table", "glosses", "--to", values.to, "--name", name];
  const child = spawn(
    "taskset",
    [
      "-c",
      lastCore,
      process.execPath,
      main,
      "backfill",
      ...flags,
      "--workers",
      "1",
      "--index",
      "none",
      "--json",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      reject(new Error(`the backfill ended with ${code} before it was measured`)),
    );
    child.stdout?.on("data", (data: Buffer) => {
      if (data.toString().includes("backfill:progress")) resolve();
    });
  });
  return child;
}

/** Interrupts the backfill, as a person would, and waits for its end. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error("the backfill ended before the searches did: ask for fewer");
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGINT");
  await closed;
}

function summary(times: readonly number[]): { readonly p50: number; readonly p99: number } {
  return { p50: percentile(times, 50), p99: percentile(times, 99) };
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? Number.NaN;
}

function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}
