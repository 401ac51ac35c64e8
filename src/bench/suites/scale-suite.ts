import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CaseReport, FactReport, RatioReport, SeriesReport } from "../bench-report.ts";
import type { Natives } from "../natives.ts";
import { fillInChild, type ScaleResult } from "../scale-child.ts";
import { summarize, summarizeRatio } from "../statistics.ts";
import type { Suite } from "../suite.ts";
import { throwIfAborted } from "../../core/errors.ts";

/** Small enough that ten million rows fit a disk, wide enough that vectors are what is written. */
const dimensions = 128;

/** Memory of the largest table by that of one a tenth its size, from this many rows on. */
const mostMemory = { fromRows: 10_000_000, ratio: 1.1 } as const;

/** Cost per row and memory over rows, through the real backfill, with vectors that no model made. */
export const scaleSuite: Suite = async ({ effort, folder, natives, signal }) => {
  const results: ScaleResult[] = [];
  for (const rows of effort.scaleRows) {
    throwIfAborted(signal);
    const place = join(folder, String(rows));
    await mkdir(place);
    results.push(await fillInChild({ folder: place, rows, dimensions }, signal));
    await rm(place, { recursive: true });
  }
  const ceiling = await measureCeiling(natives, results.at(-1));
  return {
    cases: [
      ...ceiling.cases,
      ...results.map(({ rows, seconds }): CaseReport => ({
        name: `backfill of ${rows} rows`,
        unit: "us/row",
        better: "lower",
        ...summarize([(seconds / rows) * 1e6]),
      })),
    ],
    ratios: ceiling.ratios,
    facts: [...growthOf(results), ...costsOf(results)],
    series: seriesOf(results),
    notes: [
      `${dimensions} dimensions; each size once, in a process of its own; start-up and import are not on the clock`,
      ...(natives.missing === null ? [] : [natives.missing]),
    ],
  };
};

/** Bare LanceDB, appending as many vectors of the same width to a new table. */
async function measureCeiling(
  natives: Natives,
  largest: ScaleResult | undefined,
): Promise<{ readonly cases: CaseReport[]; readonly ratios: RatioReport[] }> {
  if (natives.missing !== null || largest === undefined) return { cases: [], ratios: [] };
  const { rows, seconds } = largest;
  const bare = await natives.start("bare-lance.ts", ["append", String(rows), String(dimensions)]);
  const rate = await bare.run();
  await bare.close();
  const name = `bare LanceDB, append of ${rows} rows`;
  return {
    cases: [{ name, unit: "us/row", better: "lower", ...summarize([1e6 / rate]) }],
    ratios: [
      {
        name: `backfill of ${rows} rows, share of a plain append`,
        against: "ceiling",
        better: "higher",
        limit: null,
        ...summarizeRatio([rows / seconds], [rate]),
      },
    ],
  };
}

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
