/**
 * The API lane against the mock provider: how much of a limit it uses with faults, and how near it comes
 * to plain HTTP without one.
 *
 *     node scripts/measure-api.ts [--seconds 20] [--rounds 3]
 *
 * Prints one JSON object.
 */
import { parseArgs } from "node:util";
import { makeTexts, measureBareHttp, openBenchLane, startMockProcess, watchProcess } from "./api-bench.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const tokensPerMinute = 1_200_000;

/** Tokens of a text of the measurement, about. */
const tokensPerText = 60;

/** Tokens paid a second between two readings of the server's books, as a share of its limit. */
async function measureLimit(): Promise<object> {
  const mock = await startMockProcess(
    `--tpm ${tokensPerMinute} --rpm 3000 --burst 5s --latency 150ms --error-429 0.05 --error-5xx 0.02`.split(
      " ",
    ),
  );
  const lane = await openBenchLane(mock.url);
  const stop = new AbortController();
  const texts = makeTexts(Math.ceil((tokensPerMinute / 60 / tokensPerText) * (seconds + 20)), 55);
  const watch = watchProcess();
  const run = lane.embed(texts, { purpose: "document", signal: stop.signal }).catch(() => {});
  // The first seconds hold the probe, and the allowance that a provider gives after a pause.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const first = await mock.ledger();
  const firstMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const last = await mock.ledger();
  const lastMs = performance.now();
  stop.abort();
  await run;
  watch.stop();
  const refused = (last.refused["limit-tokens"] ?? 0) + (last.refused["limit-requests"] ?? 0);
  const result = {
    shareOfLimit: ((last.tokens - first.tokens) / (lastMs - firstMs)) * (60_000 / tokensPerMinute),
    requests: last.requests,
    refusedForLimit: refused / last.requests,
    refused: last.refused,
    ledger: lane.stats.ledger,
    stallMs: watch.stallMs(),
    peakRssMb: watch.peakRss() / 2 ** 20,
  };
  await lane.close();
  mock.close();
  return result;
}

/** Texts a second against a server without limits, beside plain HTTP at its best concurrency. */
async function measureOpen(): Promise<object> {
  const mock = await startMockProcess([]);
  const texts = makeTexts(12_000, 12);
  const warm = texts.slice(0, 2_000);
  await measureBareHttp(mock.url, warm, { items: 195, concurrency: 8 });
  const lane: number[] = [];
  const bare: number[] = [];
  let stallMs = 0;
  let peakRss = 0;
  for (let round = 0; round < rounds; round++) {
    const best: number[] = [];
    for (const concurrency of [4, 16]) {
      best.push(await measureBareHttp(mock.url, texts, { items: 195, concurrency }));
    }
    bare.push(Math.max(...best));
    const opened = await openBenchLane(mock.url);
    await opened.embed(warm, { purpose: "document" });
    const watch = watchProcess();
    const startMs = performance.now();
    await opened.embed(texts, { purpose: "document" });
    lane.push((texts.length * 1000) / (performance.now() - startMs));
    watch.stop();
    stallMs = Math.max(stallMs, watch.stallMs());
    peakRss = Math.max(peakRss, watch.peakRss());
    await opened.close();
  }
  mock.close();
  const ratio = median(lane.map((rate, round) => rate / (bare[round] ?? rate)));
  return { laneTextsPerSecond: lane, bareTextsPerSecond: bare, ratio, stallMs, peakRssMb: peakRss / 2 ** 20 };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

console.log(JSON.stringify({ limit: await measureLimit(), open: await measureOpen() }, null, 2));
