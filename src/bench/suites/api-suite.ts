import { monitorEventLoopDelay } from "node:perf_hooks";
import { memoryUsage } from "node:process";
import { textBatch } from "../../core/text-batch.ts";
import { openBenchLane } from "../api-bench-lane.ts";
import { measureBareHttp } from "../bare-http.ts";
import { textsOfWords } from "../bench-corpus.ts";
import { laneRate } from "../bench-model.ts";
import type { FactReport } from "../bench-report.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import { startMockProcess } from "../mock-process.ts";
import { measureLimits } from "../provider-limits.ts";
import type { Suite, SuiteScene } from "../suite.ts";

/** Words of a text where the way itself is what counts. */
const openWords = 12;

/** A provider that answers as fast as it can is asked so, at its better concurrency. */
const bareShapes = [4, 16].map((concurrency) => ({ items: 195, concurrency }));

/** How finely stalls are seen. Unit: ms. */
const delayResolutionMs = 5;

const nanosecondsPerMs = 1e6;

/** The API lane against a mock provider: how much of a limit it uses, and how near it comes to plain HTTP. */
export const apiSuite: Suite = async (scene) => {
  const { facts, ...measured } = await measureOpen(scene);
  return {
    ...measured,
    facts: [...facts, ...(await measureLimits(scene))],
    series: [],
    notes: [
      "the mock provider runs in a process of its own, on the same machine: it takes a part of the CPU that a hosted one would not",
    ],
  };
};

/** Texts a second against a server without limits, beside plain HTTP. */
async function measureOpen({ corpus, effort, turns }: SuiteScene) {
  const mock = await startMockProcess([]);
  const texts = textsOfWords(corpus.texts.slice(0, effort.apiTexts * 2), openWords, effort.apiTexts);
  const batch = textBatch(texts);
  const lane = await openBenchLane(mock.url);
  let mostBytes = 0;
  let longestStallMs = 0;
  try {
    const cases: BenchCase[] = [
      {
        name: "API lane, no limits",
        unit: "texts/s",
        better: "higher",
        async measure() {
          // One for each: the time between two measurements would count as a stall.
          const delays = monitorEventLoopDelay({ resolution: delayResolutionMs });
          delays.enable();
          const rate = await laneRate(lane, batch);
          delays.disable();
          longestStallMs = Math.max(longestStallMs, delays.max / nanosecondsPerMs);
          mostBytes = Math.max(mostBytes, memoryUsage.rss());
          return rate;
        },
      },
      {
        name: "plain HTTP, at its better concurrency",
        unit: "texts/s",
        better: "higher",
        async measure() {
          const rates: number[] = [];
          for (const shape of bareShapes) rates.push(await measureBareHttp(mock.url, texts, shape));
          return Math.max(...rates);
        },
      },
    ];
    const measured = await turns(cases, [
      {
        name: "API lane, share of plain HTTP",
        of: cases[0]!.name,
        to: cases[1]!.name,
        against: "ceiling",
        better: "higher",
        limit: 0.9,
      },
    ]);
    const facts: FactReport[] = [
      {
        name: "event loop of the API lane's program, held up at most",
        value: longestStallMs,
        unit: "ms",
        better: "lower",
        limit: 50,
      },
      {
        name: "resident memory after answers of 1536 dimensions at concurrency 64, the bench itself included",
        value: mostBytes / 1e6,
        unit: "MB",
        better: "lower",
        limit: 400,
      },
    ];
    return { ...measured, facts };
  } finally {
    await lane.close();
    await mock.close();
  }
}
