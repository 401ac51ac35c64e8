/** What machines do not change stays as it is, and a deliberate slowdown is caught by a comparison. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchReport, FactReport, RatioReport } from "../../src/bench/bench-report.ts";
import { openBenchModel } from "../../src/bench/bench-model.ts";
import { compareReports } from "../../src/bench/compare-reports.ts";
import { describeMachine } from "../../src/bench/describe-machine.ts";
import { madeUpPatch, nullLane, nullSpace } from "../../src/bench/made-up-rows.ts";
import { type BenchCase, measureInterleaved } from "../../src/bench/measure-interleaved.ts";
import { fillInChild } from "../../src/bench/scale-child.ts";
import { summarizeRatio } from "../../src/bench/statistics.ts";
import { paddingFact } from "../../src/bench/suites/lane-suite.ts";
import { importTable, patchAll, type PatchCounters } from "../../src/bench/suites/store-suite.ts";
import { watchCopies } from "../../src/bench/watch-copies.ts";
import type { StoredTable } from "../../src/core/ports.ts";
import { planCalls } from "../../src/lanes/call-plan.ts";
import { openStore } from "../../src/store/open-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const document = { purpose: "document" } as const;

function reportOf(ratios: readonly RatioReport[], facts: readonly FactReport[] = []): BenchReport {
  return {
    format: 1,
    version: "0.0.0",
    commandLine: "reembed bench",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1,
    machine: describeMachine(process.version),
    packages: {},
    quiet: { quiet: true, reasons: [], clockSpread: 1, loadBefore: 0 },
    corpora: [],
    suites: [{ suite: "lane", seconds: 1, cases: [], ratios, facts, series: [], notes: [] }],
  };
}

const changes = (before: BenchReport, after: BenchReport) =>
  compareReports(before, after).map(({ change }) => change);

const texts = (count: number) =>
  Array.from({ length: count }, (_, index) => `a short text ${"and some more ".repeat(index % 9)}${index}`);

function rate(name: string, count: number, work: () => Promise<unknown>): BenchCase {
  return {
    name,
    unit: "texts/s",
    better: "higher",
    async measure() {
      const started = performance.now();
      await work();
      return count / ((performance.now() - started) / 1000);
    },
  };
}

async function openShipped(context: TestContext, name: string) {
  const folder = await temporaryFolder(context);
  const model = await openBenchModel(`bundled:${name}`, join(folder, "reembed.lock.json"));
  const lane = await model.openLane(1);
  context.after(() => lane.close());
  return { folder, model, lane };
}

test("a sleep in the lane is a regression of its share, taken in turns with the lane as it is", async (context) => {
  const { lane } = await openShipped(context, "potion-base-4m-int8");
  const batch = texts(1500);
  const plain = () => lane.embed(batch, document);
  const share = async (embed: () => Promise<unknown>): Promise<RatioReport> => {
    const samples = await measureInterleaved(
      [rate("lane", batch.length, embed), rate("ceiling", batch.length, plain)],
      { repeats: 3 },
    );
    const ratio = summarizeRatio(samples.get("lane")!, samples.get("ceiling")!);
    return { name: "share", against: "ceiling", better: "higher", limit: null, ...ratio };
  };
  const before = reportOf([await share(plain)]);
  const slow = await share(async () => {
    await lane.embed(batch, document);
    // Long beside the work itself, so that a busy machine cannot hide it.
    await sleep(600);
  });
  assert.deepEqual(changes(before, reportOf([slow])), ["regression"]);
});

test("a model on a CPU computes no padding; padding every text to 256 tokens is a regression", async (context) => {
  const { lane } = await openShipped(context, "all-MiniLM-L6-v2");
  const batch = texts(24);
  await lane.embed(batch, document);
  const { tokens, slots } = lane.stats;
  const fact = paddingFact("MiniLM", tokens, slots);
  assert.equal(fact.value, 0);
  // The same texts, as calls of 24 texts that are all as long as the longest may be.
  const lengths = new Int32Array(batch.length).fill(Math.ceil(tokens / batch.length));
  lengths[0] = 256;
  const { calls } = planCalls(lengths, { slots: 24 * 256, paddingShare: 1 });
  const computed = calls.reduce((sum, count, at) => (at % 2 === 0 ? sum + count * calls[at + 1]! : sum), 0);
  const padded = paddingFact("MiniLM", tokens, computed);
  assert.equal(computed, batch.length * 256);
  assert.deepEqual(changes(reportOf([], [fact]), reportOf([], [padded])), ["regression"]);
});

test("vectors are not copied between lane and store; a copy that is put in is a regression", async (context) => {
  const store = await openStore(join(await temporaryFolder(context), "db"));
  context.after(() => store.close());
  const table = await importTable(store, "t", 64);
  const version = await table.createVersion({ name: "v1", reference: "none", space: nullSpace(8) });
  await table.prepareForPatches();
  const copiesOf = async (spoil: (vectors: Float32Array) => Float32Array): Promise<FactReport> => {
    const { lane, table: watched, copiedRows } = watchCopies(nullLane(8), table);
    const { vectors } = await lane.embed(texts(64), document);
    await watched.patch(version, { ...madeUpPatch(0, 64, 8), vectors: spoil(vectors) });
    return { name: "copies", value: copiedRows() / 64, unit: "", better: "lower", limit: 0 };
  };
  const before = await copiesOf((vectors) => vectors);
  const after = await copiesOf((vectors) => vectors.slice());
  assert.equal(before.value, 0);
  assert.deepEqual(changes(reportOf([], [before]), reportOf([], [after])), ["regression"]);
});

test("what a column patch writes whatever the machine: its vectors once, in one commit a fragment", async (context) => {
  const folder = join(await temporaryFolder(context), "db");
  const store = await openStore(folder);
  context.after(() => store.close());
  const rows = 40_000;
  const table = await importTable(store, "t", rows);
  const { written, commits, vectorBytes } = await countWrites(table, folder);
  assert.ok(written / vectorBytes < 1.1, `${written} bytes for ${vectorBytes} of vectors`);
  const fragments = Math.ceil(rows / 32_768);
  // A version is made in one commit; each fragment is one; the key's index may be refreshed once.
  assert.ok(commits <= fragments + 2, `${commits} commits for ${fragments} fragments`);
});

async function countWrites(table: StoredTable, folder: string): Promise<PatchCounters> {
  const counters: PatchCounters = { written: 0, commits: 0, vectorBytes: 0 };
  await patchAll(table, join(folder, `${table.name}.lance`), counters);
  return counters;
}

test("what a row costs whatever the machine: no copy, and little heap", async (context) => {
  const folder = await temporaryFolder(context);
  const { copiesPerRow, heapBytesPerRow } = await fillInChild({ folder, rows: 40_000, dimensions: 128 });
  assert.equal(copiesPerRow, 0);
  // 1.6 kB at 100,000 rows, what made the rows up included; another object or string a row shows.
  assert.ok(heapBytesPerRow < 2800, `${heapBytesPerRow} bytes of heap a row`);
});
