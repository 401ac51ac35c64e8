import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, type RunConfig } from "../config/load-config.ts";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { Emit } from "../core/events.ts";
import { type Job, startJob } from "../core/job.ts";
import { openEngine } from "../engine.ts";
import { openStore } from "../store/open-store.ts";
import { writeTexts } from "./bench-corpus.ts";
import { fitLine, type Run, spreadEstimate, type MachineEstimate } from "./spread-estimate.ts";

export interface EstimateRequest {
  readonly config: RunConfig;
  /** Model reference, as written. */
  readonly to: string;
  /** How long to measure, about. */
  readonly seconds: number;
  readonly pin: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** What a backfill of the user's own table takes, by a part of it that was really filled. */
export interface EstimateResult {
  readonly table: string;
  readonly model: string;
  readonly rows: number;
  readonly tokens: number;
  /** Half width of the 95 % interval of `tokens`. */
  readonly tokensError: number;
  /** Rows of the table that were filled in a scratch table; 0 where a provider's limits decide. */
  readonly measuredRows: number;
  readonly measuredSeconds: number;
  /** Most resident memory while it was measured; null where nothing was. */
  readonly peakBytes: number | null;
  /** Vector bytes of all versions: now, and while both exist. */
  readonly bytesNow: number;
  readonly bytesDuring: number;
  readonly machines: readonly MachineEstimate[];
  readonly notes: readonly string[];
}

/** Rows that are measured at most: their texts are in memory. */
const mostRows = 200_000;

/** Rows that are measured at least, unless the table has fewer. */
const fewestRows = 256;

/** From so many rows on a backfill builds an index; the store's own policy. */
const indexedRows = 10_000;

/**
 * Fills a scratch table with rows of the user's table for about so many seconds, through the whole
 * pipeline on this machine, and draws on from it. The user's table is read, never written.
 * @throws REEMBED_USAGE without a table, REEMBED_CORPUS_EMPTY, and what the verbs throw
 */
export function estimateBackfill(request: EstimateRequest): Job<EstimateResult> {
  return startJob((emit) => estimate(request, emit));
}

async function estimate(request: EstimateRequest, emit: Emit): Promise<EstimateResult> {
  const { config, to, signal, env, pin } = request;
  const engine = await openEngine(config, { signal, env, pin });
  let target;
  try {
    const plan = await engine.plan({ to: [to] });
    target = plan.targets[0]!;
  } finally {
    await engine.close();
  }
  const { rows, tokens, tokensError, bytesNow, bytesDuring, cost } = target;
  if (rows === 0)
    throw new ReembedError("REEMBED_CORPUS_EMPTY", `table ${config.table} has no rows to measure`);
  const tokenShare = tokens === 0 ? 0 : tokensError / tokens;
  const shared = { table: config.table ?? "", model: to, rows, tokens, tokensError, bytesNow, bytesDuring };
  if (cost !== 0) {
    // A provider's limit is one for all machines, and the plan knows it.
    const seconds = target.seconds;
    return {
      ...shared,
      measuredRows: 0,
      measuredSeconds: 0,
      peakBytes: null,
      machines: spreadEstimate({ seconds, share: tokenShare, startSeconds: 0, cost, shared: true }),
      notes: ["the provider's limits decide the time: more machines do not shorten it"],
    };
  }
  const rate = target.seconds === null || target.seconds === 0 ? rows : rows / target.seconds;
  const wanted = Math.round(Math.min(rows, mostRows, Math.max(fewestRows, rate * request.seconds)));
  const texts = await readSample(config, wanted);
  const measured = await fillScratch(request, texts, emit);
  const indexSeconds = measured.indexSeconds * (rows / measured.rows) ** 1.5;
  const indexed = rows >= indexedRows && config.index !== "none";
  return {
    ...shared,
    measuredRows: measured.rows,
    measuredSeconds: measured.seconds,
    peakBytes: measured.peakBytes,
    machines: spreadEstimate({
      seconds: measured.secondsPerRow * rows + (indexed ? indexSeconds : 0),
      share: Math.hypot(tokenShare, measured.rateError),
      startSeconds: measured.startSeconds,
      cost: 0,
      shared: false,
    }),
    notes: [
      ...(indexed ? ["the index is drawn on from a small one and is the least certain part"] : []),
      "texts that stand in several rows are embedded once; a sample shows fewer of them than the table has",
    ],
  };
}

async function readSample(config: RunConfig, rows: number): Promise<string[]> {
  const store = await openStore(config.db);
  try {
    const table = await store.openTable(config.table ?? "");
    return await table.sampleTexts(rows);
  } finally {
    await store.close();
  }
}

interface Filled {
  readonly rows: number;
  readonly seconds: number;
  readonly secondsPerRow: number;
  /** What a run costs however many rows it fills: opening the model, leases, the last look round. */
  readonly startSeconds: number;
  readonly indexSeconds: number;
  readonly peakBytes: number;
  /** Half width of the 95 % interval of the rate, as a share of it. */
  readonly rateError: number;
}

/** Fills a scratch table with these texts by the same verbs. */
async function fillScratch(
  { config, to, signal, pin }: EstimateRequest,
  texts: readonly string[],
  emit: Emit,
): Promise<Filled> {
  const folder = await mkdtemp(join(tmpdir(), "reembed-estimate-"));
  try {
    const file = join(folder, "texts.jsonl");
    await writeTexts(file, texts);
    const workers = config.workers ?? undefined;
    const flags = { db: join(folder, "db"), table: "sample", workers, lockFile: config.lockFile };
    const scratch = await loadConfig({ cwd: folder, env: {}, flags });
    const engine = await openEngine(scratch, { signal, pin });
    try {
      const corpus = { key: "id", text: ["text"] } as const;
      await engine.import({ sources: [file], corpus, format: "jsonl", mode: "create" });
      const begin = performance.now();
      const { handled } = await engine.backfill({ to, name: "v1", index: "none", limitRows: 1 });
      const startSeconds = (performance.now() - begin) / 1000;
      const small = await timed(async () => {
        const limitRows = Math.max(1, Math.floor(texts.length / smallParts));
        return (await engine.backfill({ to, name: "v1", index: "none", limitRows })).handled;
      });
      const rates = createRateWatch();
      const started = performance.now();
      const job = engine.backfill({ to, name: "v1", index: "none" });
      for await (const event of job) {
        throwIfAborted(signal);
        emit(event);
        if (event.event === "backfill:progress") rates.see(event.tokens, event.rssBytes);
      }
      const { handled: rest } = await job.result;
      const large = { rows: rest, seconds: (performance.now() - started) / 1000 };
      const { seconds: indexSeconds } = await engine.index({ version: "v1", type: "ivf_flat" });
      const { perRow, once } = fitLine(small, large);
      return {
        rows: handled + small.rows + large.rows,
        seconds: small.seconds + large.seconds,
        secondsPerRow: perRow,
        startSeconds: startSeconds + once,
        indexSeconds,
        ...rates.summary(),
      };
    } finally {
      await engine.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A first run is this part of the rows: what it costs beyond its share is the cost of a run itself. */
const smallParts = 8;

async function timed(work: () => Promise<number>): Promise<Run> {
  const started = performance.now();
  const rows = await work();
  return { rows, seconds: (performance.now() - started) / 1000 };
}

/** Spans of time that rates are compared over: long against the events, short against the whole. */
const spanMs = 2000;

/** Two-sided 95 % point of the normal distribution. */
const z95 = 1.96;

function createRateWatch() {
  const rates: number[] = [];
  let peakBytes = 0;
  let sinceMs = performance.now();
  let sinceTokens = 0;
  return {
    see(tokens: number, rssBytes: number): void {
      peakBytes = Math.max(peakBytes, rssBytes);
      const nowMs = performance.now();
      if (nowMs - sinceMs < spanMs) return;
      rates.push((tokens - sinceTokens) / (nowMs - sinceMs));
      sinceMs = nowMs;
      sinceTokens = tokens;
    },
    summary(): { readonly peakBytes: number; readonly rateError: number } {
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
      const variance =
        rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / Math.max(1, rates.length - 1);
      const known = rates.length > 1 && mean > 0;
      return {
        peakBytes,
        rateError: known ? (z95 * Math.sqrt(variance / rates.length)) / mean : unknownError,
      };
    },
  };
}

/** The share that is told where a measurement was too short to show how its rate varies. */
const unknownError = 0.1;
