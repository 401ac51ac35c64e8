import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { EmbedderPart, PartsReply, PartsRequest, PartsStart } from "../core/bench-parts.ts";

/** A thread that times parts of an embedder and counts tokens. */
export interface PartsThread {
  /** Tokens of each text, special ones included. Shape: `[texts]`. */
  countTokens(): Promise<Int32Array>;
  /** Seconds of so many turns of a part. */
  time(part: EmbedderPart, turns: number): Promise<number>;
  close(): Promise<void>;
}

/** Starts the thread. Its extension is this file's own: .ts from source, .js once built. */
export function startPartsThread(start: PartsStart): PartsThread {
  const file = new URL(`../embed/parts.worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { workerData: start });
  const ask = async (request: PartsRequest): Promise<PartsReply> => {
    const answered = once(worker, "message");
    worker.postMessage(request);
    const [reply] = (await answered) as [PartsReply];
    return reply;
  };
  return {
    async countTokens() {
      const reply = await ask({ kind: "count-tokens" });
      return reply.kind === "counted" ? reply.lengths : new Int32Array(0);
    },
    async time(part, turns) {
      const reply = await ask({ kind: "time", part, turns });
      return reply.kind === "timed" ? reply.seconds : Number.NaN;
    },
    async close() {
      await worker.terminate();
    },
  };
}
