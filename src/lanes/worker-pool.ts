import { Piscina } from "piscina";
import type { EmbedReply, EmbedRequest, EmbedderPlan, WorkerStart } from "../core/messages.ts";

/** Slices that a worker holds: the one it works on, and the next. */
const slicesPerWorker = 2;

/** Worker threads that each hold one open model. A worker that dies is replaced. */
export interface WorkerPool {
  /** Requests that may be under way so that no worker waits and none queues more than one ahead. */
  readonly capacity: number;
  /** Rejects when the worker died; errors of the model come as data. */
  run(request: EmbedRequest): Promise<EmbedReply>;
  close(): Promise<void>;
}

export function startWorkerPool(
  plan: EmbedderPlan,
  workers: number,
  onLost: (error: Error) => void,
): WorkerPool {
  const start: WorkerStart = { plan };
  // The worker's extension is this file's own: .ts from source, .js once built.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = new Piscina({
    filename: new URL(`../embed/embed.worker.${extension}`, import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: slicesPerWorker,
    workerData: start,
    recordTiming: false,
  });
  pool.on("error", onLost);
  return {
    capacity: workers * slicesPerWorker,
    run: (request) => pool.run(request) as Promise<EmbedReply>,
    close: () => pool.destroy(),
  };
}
