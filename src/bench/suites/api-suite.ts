import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findFacts, readModelCatalog } from "../../config/model-catalog.ts";
import { parseReference } from "../../config/parse-reference.ts";
import { ReembedError } from "../../core/errors.ts";
import { textBatch } from "../../core/text-batch.ts";
import type { Lane } from "../../core/ports.ts";
import { openApiLane } from "../../lanes/api/api-lane.ts";
import { openProvider } from "../../providers/open-provider.ts";
import { describeHosted } from "../../space/describe-hosted.ts";
import { measureBareHttp } from "../bare-http.ts";
import { textsOfWords } from "../bench-corpus.ts";
import { laneRate } from "../bench-model.ts";
import type { FactReport } from "../bench-report.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import { startMockProcess } from "../mock-process.ts";
import type { Suite, SuiteScene } from "../suite.ts";

/** Words of a text where a limit is what counts, and where the way itself does. */
const words = { limited: 55, open: 12 } as const;

/** Tokens of a text of so many words of English, at least. */
const tokensPerText = 55;

const tokensPerMinute = 1_200_000;

/** Texts that a limit is what counts for. */
export const limitedTexts = {
  words: words.limited,
  /** So many as the limit lets through in so many seconds, about. */
  forSeconds: (seconds: number): number => Math.ceil(((tokensPerMinute / 60) * seconds) / tokensPerText),
} as const;

/** A busy provider: its limit in windows of 5 s, and faults. */
export const busyProvider: readonly string[] =
  `--tpm ${tokensPerMinute} --rpm 3000 --burst 5s --latency 150ms --error-429 0.05 --error-5xx 0.02`.split(
    " ",
  );

/** The first seconds hold the probe, and the allowance that a provider gives after a pause. */
const settlingMs = 5000;

/** A provider that answers as fast as it can is asked so, at its better concurrency. */
const bareShapes = [4, 16].map((concurrency) => ({ items: 195, concurrency }));

/** The API lane against a mock provider: how much of a limit it uses, and how near it comes to plain HTTP. */
export const apiSuite: Suite = async (scene) => {
  const measured = await measureOpen(scene);
  return {
    ...measured,
    facts: await measureLimit(scene),
    series: [],
    notes: [
      "the mock provider runs in a process of its own, on the same machine: it takes a part of the CPU that a hosted one would not",
    ],
  };
};

/** Texts a second against a server without limits, beside plain HTTP. */
async function measureOpen({ corpus, effort, turns }: SuiteScene) {
  const mock = await startMockProcess([]);
  const texts = textsOfWords(corpus.texts.slice(0, effort.apiTexts * 2), words.open, effort.apiTexts);
  const batch = textBatch(texts);
  const lane = await openBenchLane(mock.url);
  try {
    const cases: BenchCase[] = [
      {
        name: "API lane, no limits",
        unit: "texts/s",
        better: "higher",
        measure: () => laneRate(lane, batch),
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
    return await turns(cases, [
      {
        name: "API lane, share of plain HTTP",
        of: cases[0]!.name,
        to: cases[1]!.name,
        against: "ceiling",
        better: "higher",
        limit: null,
      },
    ]);
  } finally {
    await lane.close();
    await mock.close();
  }
}

/** The server's own books between two readings, with its faults, as a share of its limit. */
async function measureLimit({ corpus, effort, signal }: SuiteScene): Promise<FactReport[]> {
  const mock = await startMockProcess(busyProvider);
  const lane = await openBenchLane(mock.url);
  const ending = new AbortController();
  const seconds = effort.apiSeconds + settlingMs / 1000;
  // More than the limit lets through, so that the lane never runs dry.
  const count = limitedTexts.forSeconds(seconds * 2);
  const texts = textsOfWords(corpus.texts, words.limited, count);
  const run = lane.embed(texts, { purpose: "document", signal: ending.signal }).catch((error: unknown) => {
    if (ReembedError.from(error).code !== "REEMBED_INTERRUPTED" && !ending.signal.aborted) throw error;
  });
  try {
    await sleep(settlingMs, undefined, { signal });
    const first = await mock.books();
    const firstMs = performance.now();
    await sleep(effort.apiSeconds * 1000, undefined, { signal });
    const last = await mock.books();
    const minutes = (performance.now() - firstMs) / 60_000;
    const refused = (last.refused["limit-tokens"] ?? 0) + (last.refused["limit-requests"] ?? 0);
    return [
      {
        name: "share of a provider's token limit used, with 5 % 429 and 2 % 5xx",
        value: (last.tokens - first.tokens) / minutes / tokensPerMinute,
        unit: "",
        better: "higher",
        limit: 0.99,
      },
      {
        name: "requests refused for a limit that was known",
        value: refused / last.requests,
        unit: "",
        better: "lower",
        limit: 0.001,
      },
    ];
  } finally {
    ending.abort();
    await run;
    await lane.close();
    await mock.close();
  }
}

const catalog = fileURLToPath(new URL("../../../datasets/providers/models.jsonl", import.meta.url));

/** The API lane over a real adapter, as the engine opens it. */
export async function openBenchLane(url: string): Promise<Lane> {
  const written = `openai:text-embedding-3-small?dimensions=1536&baseUrl=${url}`;
  const reference = parseReference(written);
  if (reference.kind !== "hosted") throw new TypeError(`${written} is a hosted model`);
  const facts = findFacts(await readModelCatalog([catalog]), reference.provider, reference.model);
  const space = describeHosted(reference, facts);
  return openApiLane({
    space,
    reference: written,
    servedModel: reference.model,
    provider: await openProvider(reference, space.description, { OPENAI_API_KEY: "bench" }),
    facts,
    account: { requestsPerMinute: null, tokensPerMinute: null, requestsPerDay: null, tokensPerDay: null },
    share: 1,
    concurrency: 64,
    budget: { maxCost: null, maxTokens: null },
    usdPerMTokens: facts.usdPerMTokens,
    sharedLimit: null,
    patienceMs: 60_000,
    random: Math.random,
  });
}
