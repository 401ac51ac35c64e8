import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FactReport, SeriesReport } from "../bench-report.ts";
import { fillInChild, type ScaleResult } from "../scale-child.ts";
import { summarize } from "../statistics.ts";
import type { Suite } from "../suite.ts";
import { throwIfAborted } from "../../core/errors.ts";

/** Small enough that ten million rows fit a disk, wide enough that vectors are what is written. */
const dimensions = 128;

/** Memory of the largest table by that of one a tenth its size, from this many rows on. */
const mostMemory = { fromRows: 10_000_000, ratio: 1.1 } as const;

/** Cost per row and memory over rows, through the real backfill, with vectors that no model made. */
export const scaleSuite: Suite = async ({ effort, folder, signal }) => {
  const results: ScaleResult[] = [];
  for (const rows of effort.scaleRows) {
    throwIfAborted(signal);
    const place = join(folder, String(rows));
    await mkdir(place);
    results.push(await fillInChild({ folder: place, rows, dimensions }, signal));
    await rm(place, { recursive: true });
  }
  return {
    cases: results.map(({ rows, seconds }) => ({
      name: `backfill of ${rows} rows`,
      unit: "us/row",
      better: "lower",
      ...summarize([(seconds / rows) * 1e6]),
    })),
    ratios: [],
    facts: [...growthOf(results), ...costsOf(results)],
    series: seriesOf(results),
    notes: [
      `${dimensions} dimensions; each size once, in a process of its own; start-up and import are not on the clock`,
    ],
  };
};

/** The largest beside the one before it: what grows with rows shows here. */
function growthOf(results: readonly ScaleResult[]): FactReport[] {
  const [small, large] = results.slice(-2);
  if (small === undefined || large === undefined) return [];
  const of = `${large.rows} rows by ${small.rows}`;
  return [
    {
      name: `cost of a row, ${of}`,
      value: large.seconds / large.rows / (small.seconds / small.rows),
      unit: "",
      better: "lower",
      limit: null,
    },
    {
      name: `peak memory, ${of}`,
      value: large.peakBytes / small.peakBytes,
      unit: "",
      better: "lower",
      limit: large.rows >= mostMemory.fromRows ? mostMemory.ratio : null,
    },
  ];
}

/** What a row costs whatever the machine, by the largest table. */
function costsOf(results: readonly ScaleResult[]): FactReport[] {
  const largest = results.at(-1);
  if (largest === undefined) return [];
  return [
    {
      name: "copies of a vector between lane and store",
      value: largest.copiesPerRow,
      unit: "",
      better: "lower",
      limit: 0,
    },
    {
      name: "JavaScript heap allocated for a row",
      value: largest.heapBytesPerRow,
      unit: "B",
      better: "lower",
      limit: null,
    },
  ];
}

function seriesOf(results: readonly ScaleResult[]): SeriesReport[] {
  const x = { label: "rows", scale: "log" } as const;
  return [
    {
      plot: "memory over rows",
      name: "peak resident",
      x,
      y: { label: "MB" },
      points: results.map(({ rows, peakBytes }) => [rows, peakBytes / 1e6]),
    },
    {
      plot: "cost of a row over rows",
      name: "backfill with a null embedder",
      x,
      y: { label: "us/row" },
      points: results.map(({ rows, seconds }) => [rows, (seconds / rows) * 1e6]),
    },
  ];
}
