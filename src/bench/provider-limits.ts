import { setTimeout as sleep } from "node:timers/promises";
import { ReembedError } from "../core/errors.ts";
import { textBatch } from "../core/text-batch.ts";
import type { Lane } from "../core/ports.ts";
import { openBenchLane } from "./api-bench-lane.ts";
import { textsOfWords } from "./bench-corpus.ts";
import type { FactReport } from "./bench-report.ts";
import { type MockBooks, startMockProcess } from "./mock-process.ts";
import type { SuiteScene } from "./suite.ts";

/** A text of so many words of English has so many tokens, at least. */
const wordsPerText = 55;

const tokensPerMinute = 1_200_000;

/** So few that requests run out long before tokens do, and enough that one more or less is no share. */
const requestsPerMinute = 600;

/** Texts that a limit is what counts for. */
export const limitedTexts = {
  words: wordsPerText,
  /** So many as the limit lets through in so many seconds, about. */
  forSeconds: (seconds: number): number => Math.ceil(((tokensPerMinute / 60) * seconds) / wordsPerText),
} as const;

const faults = "--burst 5s --latency 150ms --error-429 0.05 --error-5xx 0.02";

/** A busy provider: its limit in windows of 5 s, and faults. */
export const busyProvider: readonly string[] = `--tpm ${tokensPerMinute} --rpm 3000 ${faults}`.split(" ");

/** One that counts requests alone. */
const countingProvider: readonly string[] = `--rpm ${requestsPerMinute} ${faults}`.split(" ");

/**
 * By then a lane has used up what a provider gives at the start, 5 s of its limit: what it gets
 * afterwards is the limit alone.
 */
const settlingMs = 15_000;

/** Texts of one call; a few calls are under way at once, so that a lane never runs dry and memory stays small. */
const windowTexts = 3_000;
const windows = 3;

interface Watched {
  readonly seconds: number;
  readonly start: MockBooks;
  readonly settled: MockBooks;
  readonly end: MockBooks;
}

/** How much of a provider's limits a lane uses, by the server's own books: requests and tokens, at one time. */
export async function measureLimits(scene: SuiteScene): Promise<FactReport[]> {
  const [tokens, requests] = await Promise.all([
    watchLimit(scene, busyProvider, limitedTexts.words),
    watchLimit(scene, countingProvider, shortWords),
  ]);
  return [
    ...shares("token", tokens, (books) => books.tokens, tokensPerMinute),
    ...shares("request", requests, (books) => books.answered, requestsPerMinute),
    {
      name: "requests refused for a limit that was known",
      value: (overruns(tokens.end) + overruns(requests.end)) / (tokens.end.requests + requests.end.requests),
      unit: "",
      better: "lower",
      limit: 0.001,
    },
  ];
}

/** The share of a limit that was used, in steady state and from the start. */
function shares(
  of: string,
  { seconds, start, settled, end }: Watched,
  read: (books: MockBooks) => number,
  perMinute: number,
): FactReport[] {
  const share = (from: MockBooks, over: number): number =>
    (read(end) - read(from)) / ((over / 60) * perMinute);
  const fact = { unit: "", better: "higher" } as const;
  return [
    {
      name: `share of a provider's ${of} limit used in steady state, with 5 % 429 and 2 % 5xx`,
      value: share(settled, seconds),
      ...fact,
      limit: 0.99,
    },
    {
      name: `the same from the first request on, with the ${of}s that the provider gives at the start`,
      value: share(start, seconds + settlingMs / 1000),
      ...fact,
      limit: null,
    },
  ];
}

/** Words of a text where requests are what is counted: as many texts as an answer may hold, and little work. */
const shortWords = 12;

function overruns({ refused }: MockBooks): number {
  return (refused["limit-tokens"] ?? 0) + (refused["limit-requests"] ?? 0);
}

/** Keeps a lane busy against a provider, and reads its books at the start, when it has settled, and at the end. */
async function watchLimit(
  { corpus, effort, signal }: SuiteScene,
  provider: readonly string[],
  words: number,
): Promise<Watched> {
  const mock = await startMockProcess(provider);
  const lane = await openBenchLane(mock.url);
  const ending = new AbortController();
  const texts = textsOfWords(corpus.texts, words, windowTexts);
  const work = Promise.all(Array.from({ length: windows }, () => keepBusy(lane, texts, ending.signal)));
  try {
    const start = await mock.books();
    await sleep(settlingMs, undefined, { signal });
    const settled = await mock.books();
    const settledMs = performance.now();
    await sleep(effort.limitSeconds * 1000, undefined, { signal });
    const end = await mock.books();
    return { seconds: (performance.now() - settledMs) / 1000, start, settled, end };
  } finally {
    ending.abort();
    await work;
    await lane.close();
    await mock.close();
  }
}

async function keepBusy(lane: Lane, texts: readonly string[], signal: AbortSignal): Promise<void> {
  const batch = textBatch(texts);
  while (!signal.aborted) {
    try {
      await lane.embed(batch, { purpose: "document", signal });
    } catch (error) {
      if (ReembedError.from(error).code !== "REEMBED_INTERRUPTED" && !signal.aborted) throw error;
    }
  }
}
