/**
 * The ceiling of the thread lane: bare ONNX Runtime on the same texts. They are tokenised and sorted
 * before the clock starts; each worker has one session on one thread and takes the next call when it
 * is free. Nothing is pooled, moved or kept.
 *
 *     node native-bench/bare-onnx.ts PACKAGE ONNX_FILE TEXTS.jsonl [--workers 2] [--tokens-per-call 1]
 *
 * `--tokens-per-call 1` is one text a call (dynamic int8); 256 groups texts of equal length (float).
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Tokenizer } from "@huggingface/tokenizers";
import type { BareMessage, BareStart } from "./bare-messages.ts";

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
export async function openBareBench(options: BareOptions): Promise<BareBench> {
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
      rounds: { type: "string", default: "3" },
    },
  });
  const [folder, onnxFile, textsFile] = positionals;
  if (folder === undefined || onnxFile === undefined || textsFile === undefined) {
    throw new Error("usage: node native-bench/bare-onnx.ts PACKAGE ONNX_FILE TEXTS.jsonl");
  }
  const json = async (file: string): Promise<object> =>
    JSON.parse(await readFile(join(folder, file), "utf8")) as object;
  const tokenizer = new Tokenizer(await json("tokenizer.json"), await json("tokenizer_config.json"));
  const lines = (await readFile(textsFile, "utf8")).split("\n").filter((line) => line !== "");
  const maxTokens = Number(values["max-tokens"]);
  const texts = lines.map((line) => {
    const { ids } = tokenizer.encode((JSON.parse(line) as { readonly text: string }).text);
    return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ...ids.slice(-1)];
  });
  const workers = Number(values.workers);
  const tokensPerCall = Number(values["tokens-per-call"]);
  const bench = await openBareBench({ weights: join(folder, onnxFile), texts, workers, tokensPerCall });
  for (let round = 0; round < Number(values.rounds); round++) {
    process.stdout.write(`${JSON.stringify({ round, workers, tokensPerCall, ...(await bench.run()) })}\n`);
  }
  await bench.close();
}

if (import.meta.main) await main();
