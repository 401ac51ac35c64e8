/**
 * Parquet readers side by side: from a file to Arrow batches with plain Utf8 columns.
 *
 *     node scripts/measure-parquet-readers.ts [--folder ../shared/data] [--rounds 3]
 *
 * Readers: `corpus` is the source of this repository (hyparquet's pages, put into Arrow without making
 * strings of them, Node's own zstd); `hyparquet` is that library as it comes, its strings encoded again;
 * `parquet-wasm` is arrow-rs in WebAssembly, handed over as IPC, measured only where it is installed
 * (`npm install --no-save parquet-wasm@0.8.0`).
 *
 * Prints a table: rows per second of wall time and of CPU time (best round), peak resident memory, and
 * what became of copies of the smallest file with a damaged page: refused with an error, read, hung, or
 * the process brought down. Each round is a process of its own. Skips where the folder is absent.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  openAsBlob,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execPath, resourceUsage, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from "hyparquet";
import type { ColumnData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { arrow } from "../src/arrow.ts";
import { parquetSource } from "../src/corpus/parquet-source.ts";

/** Reads every batch of a file, and counts the rows. */
type Reader = (path: string) => Promise<number>;

/** What one round in a process of its own came to. */
interface Round {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** The part of parquet-wasm that is used here: it is no dependency of the product. */
interface ParquetWasm {
  readonly ParquetFile: {
    fromFile(blob: Blob): Promise<{
      stream(options: { batchSize: number }): Promise<AsyncIterable<{ intoIPCStream(): Uint8Array }>>;
    }>;
  };
}

const batchRows = 8192;
const damagedCopies = 8;
const hangMs = 20_000;

const readers: Readonly<Record<string, Reader>> = {
  corpus: readWithCorpus,
  hyparquet: readWithHyparquet,
  "parquet-wasm": readWithWasm,
};

const { values: flags } = parseArgs({
  options: {
    folder: { type: "string", default: fileURLToPath(new URL("../../shared/data", import.meta.url)) },
    rounds: { type: "string", default: "3" },
    reader: { type: "string" },
    file: { type: "string" },
  },
});

if (flags.reader !== undefined && flags.file !== undefined) await runRound(flags.reader, flags.file);
else if (existsSync(flags.folder)) compareReaders(flags.folder, Number(flags.rounds));
else stdout.write(`skipped: there is no folder ${flags.folder}; name one with Parquet files with --folder\n`);

async function readWithCorpus(path: string): Promise<number> {
  let rows = 0;
  for await (const { batch } of (await parquetSource(path)).batches()) rows += batch.numRows;
  return rows;
}

async function readWithHyparquet(path: string): Promise<number> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rows = 0;
  for (const group of metadata.row_groups) {
    const columns = new Map<string, unknown[]>();
    const onChunk = ({ columnName, columnData }: ColumnData): void => {
      const values = columns.get(columnName) ?? [];
      for (const value of columnData as Iterable<unknown>) values.push(value);
      columns.set(columnName, values);
    };
    const groupRows = Number(group.num_rows);
    await parquetRead({ file, metadata, compressors, onChunk, rowStart: rows, rowEnd: rows + groupRows });
    for (let from = 0; from < groupRows; from += batchRows) {
      for (const values of columns.values())
        arrow.vectorFromArray(values.slice(from, from + batchRows), typeOf(values));
    }
    rows += groupRows;
  }
  return rows;
}

function typeOf(values: readonly unknown[]): InstanceType<typeof arrow.DataType> {
  const known = values.find((value) => value !== null && value !== undefined);
  if (typeof known === "bigint") return new arrow.Int64();
  return typeof known === "number" ? new arrow.Float64() : new arrow.Utf8();
}

async function readWithWasm(path: string): Promise<number> {
  const wasm = createRequire(import.meta.url)("parquet-wasm") as ParquetWasm;
  const file = await wasm.ParquetFile.fromFile(await openAsBlob(path));
  let rows = 0;
  for await (const batch of await file.stream({ batchSize: batchRows })) {
    rows += arrow.tableFromIPC(batch.intoIPCStream()).numRows;
  }
  return rows;
}

async function runRound(name: string, path: string): Promise<void> {
  const read = readers[name];
  if (read === undefined) throw new Error(`there is no reader ${name}`);
  const cpuBefore = cpuSeconds();
  const startMs = performance.now();
  const rows = await read(path);
  const round: Round = {
    rows,
    seconds: (performance.now() - startMs) / 1000,
    cpuSeconds: cpuSeconds() - cpuBefore,
    peakBytes: resourceUsage().maxRSS * 1024,
  };
  stdout.write(JSON.stringify(round));
}

function cpuSeconds(): number {
  const { userCPUTime, systemCPUTime } = resourceUsage();
  return (userCPUTime + systemCPUTime) / 1e6;
}

function compareReaders(folder: string, rounds: number): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".parquet"))
    .map((name) => join(folder, name));
  stdout.write(`${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, best of ${rounds}\n`);
  const lines = [["file", "reader", "rows/s", "rows/CPU s", "peak MB"]];
  for (const file of files) {
    const best = new Map<string, Round>();
    // Readers take turns, so that whatever else the machine does hits them alike.
    for (let round = 0; round < rounds; round += 1) {
      for (const name of installedReaders()) {
        const result = startRound(name, file);
        if (typeof result === "string") throw new Error(`${name} on ${file}: ${result}`);
        const before = best.get(name);
        if (before === undefined || result.cpuSeconds < before.cpuSeconds) best.set(name, result);
      }
    }
    for (const [name, { rows, seconds, cpuSeconds: spent, peakBytes }] of best) {
      lines.push([
        basename(file),
        name,
        perSecond(rows, seconds),
        perSecond(rows, spent),
        (peakBytes / 1e6).toFixed(0),
      ]);
    }
  }
  writeTable(lines);
  const smallest = files.toSorted((a, b) => readFileSync(a).length - readFileSync(b).length)[0];
  if (smallest !== undefined) writeTable(damageLines(smallest));
}

function damageLines(file: string): string[][] {
  const folder = mkdtempSync(join(tmpdir(), "parquet-readers-"));
  const whole = readFileSync(file);
  const lines = [["damaged copies", "reader", "refused", "read", "hung", "crashed"]];
  for (const name of installedReaders()) {
    const counts = { refused: 0, read: 0, hung: 0, crashed: 0 };
    for (let copy = 0; copy < damagedCopies; copy += 1) {
      const bytes = Buffer.from(whole);
      const at = 4 + Math.floor((copy * whole.length) / (damagedCopies + 1));
      bytes.fill(0xff, at, at + 64);
      const path = join(folder, "damaged.parquet");
      writeFileSync(path, bytes);
      const result = startRound(name, path);
      counts[typeof result === "string" ? result : "read"] += 1;
    }
    lines.push([basename(file), name, ...Object.values(counts).map(String)]);
  }
  rmSync(folder, { recursive: true, force: true });
  return lines;
}

function startRound(name: string, file: string): Round | "refused" | "hung" | "crashed" {
  const args = [fileURLToPath(import.meta.url), "--reader", name, "--file", file];
  const child = spawnSync(execPath, args, { encoding: "utf8", timeout: hangMs });
  if (child.error !== undefined || child.signal !== null) return "hung";
  if (child.status === 0 && child.stdout !== "") return JSON.parse(child.stdout) as Round;
  // An error that reached the caller was thrown by the awaited read; a trap in WebAssembly was not. A
  // process that ends with nothing to say was waiting for a promise that nothing settles any more.
  return /RuntimeError|unsettled top-level await/.test(child.stderr) ? "crashed" : "refused";
}

function installedReaders(): string[] {
  const resolve = createRequire(import.meta.url);
  try {
    resolve.resolve("parquet-wasm");
    return Object.keys(readers);
  } catch {
    return Object.keys(readers).filter((name) => name !== "parquet-wasm");
  }
}

function perSecond(rows: number, seconds: number): string {
  return Math.round(rows / seconds).toLocaleString("en-US");
}

function writeTable(lines: readonly (readonly string[])[]): void {
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    stdout.write(`${cells.join("  ")}\n`);
  }
  stdout.write("\n");
}
