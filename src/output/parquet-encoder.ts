import { Worker } from "node:worker_threads";
import type { Field, Schema } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import { streamBytes } from "./arrow-encoder.ts";
import type { Encoder, EncoderSource } from "./encoder.ts";
import type { ParquetReply, ParquetRequest, ParquetStart } from "./parquet-messages.ts";

/**
 * Bytes of one row group: what a reader and this writer hold of a file at once. Larger ones are usual
 * where columns are read one by one; here the vectors are nearly all of it, and they are read whole.
 */
const rowGroupBytes = 16 * 1024 * 1024;

/**
 * Parquet, encoded in a thread of its own by Arrow's Rust implementation in WebAssembly: 43,000 to
 * 128,000 rows/s of 384 floats on one core of a busy machine, where the writer in plain JavaScript
 * makes 3,000 to 5,000 in three times the memory.
 * Source: scripts/measure-parquet-writers.ts.
 */
export function parquetEncoders(schema: Schema, metadata: ReadonlyMap<string, string>): EncoderSource {
  const start: ParquetStart = {
    plainColumns: schema.fields.filter(isPlain).map(({ name }) => name),
    rowGroupBytes,
    metadata: [...metadata],
  };
  const noRows = (): Uint8Array<ArrayBuffer> => streamBytes(schema, null);
  let thread: ReturnType<typeof startThread> | null = null;
  const ask = (request: ParquetRequest): Promise<readonly Uint8Array[]> => {
    thread ??= startThread(start);
    return thread.ask(request);
  };

  return {
    open(): Encoder {
      const opened = ask({ kind: "open" });
      // A thread that cannot start says so at the first batch.
      opened.catch(() => {});
      return {
        encode: (batch) => ask({ kind: "batch", ipc: streamBytes(schema, batch) }),
        finish: () => ask({ kind: "finish", ipc: noRows() }),
      };
    },
    async close() {
      await thread?.end();
      thread = null;
    },
  };
}

/** Whether a column holds values rather than lists or fields of its own. */
function isPlain({ type }: Field): boolean {
  const children = type.children as readonly Field[] | null | undefined;
  return children === null || children === undefined || children.length === 0;
}

/** The worker thread: answers come in the order of the requests. */
function startThread(workerData: ParquetStart): {
  ask(request: ParquetRequest): Promise<readonly Uint8Array[]>;
  end(): Promise<void>;
} {
  // The worker's extension is this file's own: .ts from source, .js once built.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./parquet.worker.${extension}`, import.meta.url), { workerData });
  const waiting: PromiseWithResolvers<readonly Uint8Array[]>[] = [];
  let failure: ReembedError | null = null;

  const fail = (reason: string): void => {
    failure ??= new ReembedError(
      "REEMBED_OUTPUT_WRITE_FAILED",
      `the Parquet writer failed (${reason}); run the same command again, or write --format arrow`,
    );
    for (const each of waiting.splice(0)) each.reject(failure);
  };
  worker.on("message", (reply: ParquetReply) => {
    if (reply.ok) waiting.shift()?.resolve(reply.chunks);
    else fail(reply.message);
  });
  worker.on("error", (error: Error) => fail(error.message));
  worker.on("exit", () => fail("its thread ended"));

  return {
    ask(request) {
      if (failure !== null) return Promise.reject(failure);
      const answer = Promise.withResolvers<readonly Uint8Array[]>();
      waiting.push(answer);
      worker.postMessage(request, request.kind === "open" ? [] : [request.ipc.buffer]);
      return answer.promise;
    },
    async end() {
      await worker.terminate();
    },
  };
}
