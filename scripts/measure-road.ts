/**
 * Rates and memory of the main road, through the real command line, each command in a process of its
 * own: import, static backfill, ONNX backfill beside bare ONNX Runtime, and whether memory grows with
 * the corpus. Corpora are made of WordNet's glosses.
 *
 *     node scripts/measure-road.ts [--only import,static,onnx,memory] [--texts 12000] [--rounds 3] [--json]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBenchModel } from "../src/bench/bench-model.ts";
import { bareOnnxArguments } from "../src/bench/suites/lane-suite.ts";
import { requireWordnet, writeWordnetCorpus } from "../src/datasets/wordnet.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "import,static,onnx,memory" },
    texts: { type: "string", default: "12000" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = new Set(values.only.split(","));
const rounds = Number(values.rounds);
const folder = await mkdtemp(join(tmpdir(), "reembed-road-"));
const glosses = join(folder, "glosses.jsonl");
const potion = "bundled:potion-base-4m-int8";
const minilm = "bundled:all-MiniLM-L6-v2";

interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: string;
}
const measures: Measure[] = [];
let databases = 0;

try {
  await writeWordnetCorpus(await requireWordnet(), glosses);
  if (wanted.has("import")) await measureImport();
  if (wanted.has("static")) await measureStatic();
  if (wanted.has("onnx")) await measureOnnx();
  if (wanted.has("memory")) await measureMemory();
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    load: loadavg()[0],
    node: process.version,
  };
  if (values.json) console.log(JSON.stringify({ machine, measures }));
  else {
    console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
    for (const { what, value, unit, limit } of measures) {
      console.log(
        `${what}: ${value.toLocaleString("en", { maximumSignificantDigits: 4 })} ${unit} (limit: ${limit})`,
      );
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Import of a million short rows, so that opening the table is a small part. */
async function measureImport(): Promise<void> {
  const source = await repeatedGlosses(706_746);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { result } = await reembed(newDatabase(), "import", source, "--key", "id", "--text", "text");
    rates.push(Number(result["rowsPerSecond"]));
  }
  measures.push({
    what: "import of 706,746 JSONL rows",
    value: median(rates),
    unit: "rows/s",
    limit: "150,000",
  });
}

async function measureStatic(): Promise<void> {
  const source = await repeatedGlosses(117_791);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const db = newDatabase();
    await reembed(db, "import", source, "--key", "id", "--text", "text");
    const { result } = await reembed(db, "backfill", "--to", potion, "--index", "none");
    rates.push(Number(result["rowsPerSecond"]));
  }
  measures.push({
    what: "static backfill of 117,791 glosses, table in, column out",
    value: median(rates),
    unit: "texts/s",
    limit: "40,000",
  });
}

/** Backfill and bare runtime in turn on the same texts; the ratio of each pair. */
async function measureOnnx(): Promise<void> {
  const source = await repeatedGlosses(Number(values.texts));
  const ratios: number[] = [];
  const rates: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const db = newDatabase();
    await reembed(db, "import", source, "--key", "id", "--text", "text");
    const flags = ["--workers", "2", "--index", "none"];
    const { result, peakBytes } = await reembed(db, "backfill", "--to", minilm, ...flags);
    peaks.push(peakBytes / 1e6);
    const bare = await bareRate(source);
    rates.push(Number(result["rowsPerSecond"]));
    ratios.push(Number(result["rowsPerSecond"]) / bare);
  }
  const what = `MiniLM int8 backfill of ${values.texts} glosses, table in, column out, start-up included`;
  measures.push({ what, value: median(rates), unit: "texts/s", limit: "none" });
  measures.push({
    what: `${what}: share of bare ONNX Runtime`,
    value: median(ratios),
    unit: "of 1",
    limit: "0.97",
  });
  measures.push({ what: `${what}: peak memory`, value: median(peaks), unit: "MB", limit: "600" });
}

async function measureMemory(): Promise<void> {
  const peaks: number[] = [];
  for (const rows of [70_000, 700_000]) {
    const db = newDatabase();
    await reembed(db, "import", await repeatedGlosses(rows), "--key", "id", "--text", "text");
    const { peakBytes } = await reembed(db, "backfill", "--to", potion);
    peaks.push(peakBytes / 1e6);
    measures.push({
      what: `peak memory of a backfill of ${rows} rows`,
      value: peakBytes / 1e6,
      unit: "MB",
      limit: "none",
    });
  }
  const [small = 0, large = 0] = peaks;
  measures.push({
    what: "memory of 700,000 rows over that of 70,000",
    value: large - small,
    unit: "MB",
    limit: "200",
  });
}

function newDatabase(): string {
  databases += 1;
  return join(folder, `db-${databases}`);
}

/** So many rows of glosses, with keys of their own and, beyond the first copy, texts of their own. */
async function repeatedGlosses(rows: number): Promise<string> {
  const file = join(folder, `glosses-${rows}.jsonl`);
  const out = createWriteStream(file);
  let row = 0;
  for (let copy = 0; row < rows; copy += 1) {
    for await (const line of createInterface({ input: createReadStream(glosses) })) {
      if (row === rows) break;
      const gloss = JSON.parse(line) as { id: string; gloss: string };
      const text = copy === 0 ? gloss.gloss : `${gloss.gloss} ${copy}`;
      if (!out.write(`${JSON.stringify({ id: `${gloss.id}-${copy}`, text })}\n`)) {
        await once(out, "drain");
      }
      row += 1;
    }
  }
  await new Promise<void>((resolve) => out.end(resolve));
  return file;
}

/** Runs one command; its result, and the most memory that its progress told of. Unit: bytes. */
async function reembed(
  db: string,
  ...args: string[]
): Promise<{ result: Record<string, unknown>; peakBytes: number }> {
  const child = spawn(
    process.execPath,
    [join(root, "src", "main.ts"), ...args, "--db", db, "--table", "t", "--json"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  let last: Record<string, unknown> = {};
  let peakBytes = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as Record<string, unknown>;
    peakBytes = Math.max(peakBytes, Number(last["rssBytes"] ?? 0));
  }
  const code = await closed;
  if (last["type"] !== "result")
    throw new Error(`${args.join(" ")} exited with ${code}: ${JSON.stringify(last)}`);
  return { result: last, peakBytes };
}

/** Documents per second of ONNX Runtime alone: two workers of one thread, one text a call, the same sums. */
async function bareRate(source: string): Promise<number> {
  const model = await openBenchModel(minilm, join(folder, "reembed.lock.json"));
  const program = join(root, "native-bench", "bare-onnx.ts");
  const child = spawn(process.execPath, [program, ...bareOnnxArguments(model, source, 2)]);
  child.stdin.end("run\n");
  const answers: { readonly value?: number }[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    answers.push(JSON.parse(line) as { readonly value?: number });
  }
  return answers.at(-1)?.value ?? Number.NaN;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
