/**
 * The ceiling of the thread lane: bare ONNX Runtime on the same texts. They are tokenised and sorted
 * before the clock starts; each worker has one session on one thread and takes the next call when it
 * is free. Nothing is pooled, moved or kept.
 *
 *     echo run | node native-bench/bare-onnx.ts PACKAGE ONNX_FILE TEXTS.jsonl [--workers 2] [--tokens-per-call 1]
 *
 * `--tokens-per-call 1` is one text a call (dynamic int8); 256 groups texts of equal length (float).
 * `--wide-sums` keeps int8 products from saturating, as the lane does on CPUs without VNNI. Every line
 * on standard input is one round; its answer is in texts a second.
 */
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { BareMessage, BareStart } from "./bare-messages.ts";
import { readBareTokenizer, readTexts } from "./read-texts.ts";
import { serveRounds } from "./serve-rounds.ts";

export interface BareOptions {
  /** Path of the ONNX file. */
  readonly weights: string;
  /** Token ids of each text, special tokens included. */
  readonly texts: readonly ArrayLike<number>[];
  readonly workers: number;
  /** Texts of equal length share a call up to so many tokens. */
  readonly tokensPerCall: number;
  readonly sessionEntries?: Readonly<Record<string, string>>;
}

export interface BareRate {
  readonly seconds: number;
  readonly docsPerSecond: number;
  readonly tokensPerSecond: number;
}

export interface BareBench {
  /** Embeds every text once. */
  run(): Promise<BareRate>;
  close(): Promise<void>;
}

/** Starts the workers and loads the model in each. */
async function openBareBench(options: BareOptions): Promise<BareBench> {
  const { weights, workers: count, sessionEntries = {} } = options;
  const { ids, calls } = planBareCalls(options.texts, options.tokensPerCall);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const start: BareStart = { weights, sessionEntries, ids, calls, next };
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL("./bare-onnx.worker.ts", import.meta.url), { workerData: start }),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    async run() {
      Atomics.store(next, 0, 0);
      const from = performance.now();
      const message: BareMessage = "run";
      await Promise.all(
        workers.map((worker) => {
          worker.postMessage(message);
          return once(worker, "message");
        }),
      );
      const seconds = (performance.now() - from) / 1000;
      return {
        seconds,
        docsPerSecond: options.texts.length / seconds,
        tokensPerSecond: ids.length / seconds,
      };
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Longest first; texts of one length side by side. */
function planBareCalls(
  texts: readonly ArrayLike<number>[],
  tokensPerCall: number,
): { readonly ids: BigInt64Array; readonly calls: Int32Array } {
  const sorted = texts.toSorted((a, b) => b.length - a.length);
  const tokens = sorted.reduce((sum, text) => sum + text.length, 0);
  const ids = new BigInt64Array(new SharedArrayBuffer(tokens * 8));
  const calls: number[] = [];
  let at = 0;
  let rowsLeft = 0;
  let length = -1;
  for (const text of sorted) {
    if (rowsLeft === 0 || text.length !== length) {
      length = text.length;
      rowsLeft = Math.max(1, Math.floor(tokensPerCall / length));
      calls.push(at, 0, length);
    }
    rowsLeft--;
    calls[calls.length - 2]!++;
    for (let i = 0; i < text.length; i++) ids[at++] = BigInt(text[i]!);
  }
  const shared = new Int32Array(new SharedArrayBuffer(calls.length * 4));
  shared.set(calls);
  return { ids, calls: shared };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      workers: { type: "string", default: "2" },
      "tokens-per-call": { type: "string", default: "1" },
      "max-tokens": { type: "string", default: "256" },
      "wide-sums": { type: "boolean", default: false },
    },
  });
  const [folder, onnxFile, textsFile] = positionals;
  if (folder === undefined || onnxFile === undefined || textsFile === undefined) {
    throw new Error("usage: node native-bench/bare-onnx.ts PACKAGE ONNX_FILE TEXTS.jsonl");
  }
  const tokenizer = await readBareTokenizer(folder);
  const maxTokens = Number(values["max-tokens"]);
  const texts = (await readTexts(textsFile)).map((text) => {
    const { ids } = tokenizer.encode(text);
    return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ...ids.slice(-1)];
  });
  const bench = await openBareBench({
    weights: join(folder, onnxFile),
    texts,
    workers: Number(values.workers),
    tokensPerCall: Number(values["tokens-per-call"]),
    sessionEntries: values["wide-sums"] ? { x64quantprecision: "1" } : {},
  });
  await serveRounds({ run: async () => (await bench.run()).docsPerSecond, close: bench.close });
}

if (import.meta.main) await main();
