import { Piscina } from "piscina";
import type { EmbedderPlan, LaneReply, LaneRequest, WorkerStart } from "../core/messages.ts";

/** Requests that a worker holds: the one it works on, and the next. */
const requestsPerWorker = 2;

/** Worker threads that each hold one open model. A worker that dies is replaced. */
export interface WorkerPool {
  /** Requests that may be under way so that no worker waits and none queues more than one ahead. */
  readonly capacity: number;
  /** Rejects when the worker died; errors of the model come as data. */
  run(request: LaneRequest): Promise<LaneReply>;
  /** Ends the threads. Only when nothing is under way. */
  close(): Promise<void>;
}

/** Starts the threads; each opens the model by itself. */
export function startWorkerPool(plan: EmbedderPlan, workers: number): WorkerPool {
  const start: WorkerStart = { plan };
  const waiting = new Set<(error: Error) => void>();
  let pool: Piscina | null = startThreads();

  /**
   * Piscina replaces a worker that dies at work, but not one that dies while it starts, and would keep
   * requests waiting for it for ever. So when no thread is left, they are told, and the next request
   * starts anew.
   */
  function startThreads(): Piscina {
    // The worker's extension is this file's own: .ts from source, .js once built.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const threads = new Piscina({
      filename: new URL(`../embed/embed.worker.${extension}`, import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: requestsPerWorker,
      workerData: start,
      recordTiming: false,
    });
    let last = new Error("every worker thread died while it started");
    threads.on("error", (error: Error) => (last = error));
    threads.on("workerDestroy", () => {
      // The event comes just before the pool counts the worker out and starts another.
      queueMicrotask(() => {
        if (threads !== pool || threads.threads.length > 0) return;
        pool = null;
        for (const reject of waiting) reject(last);
        void threads.destroy();
      });
    });
    return threads;
  }

  return {
    capacity: workers * requestsPerWorker,
    run: (request) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        pool ??= startThreads();
        (pool.run(request) as Promise<LaneReply>).then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    async close() {
      const threads = pool;
      pool = null;
      await threads?.destroy();
    },
  };
}
