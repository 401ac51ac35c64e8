import { spawn } from "node:child_process";
import { extname } from "node:path";
import { execArgv, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { ReembedError, throwIfAborted } from "../core/errors.ts";

/** What the child fills. */
export interface ScaleRequest {
  readonly folder: string;
  readonly rows: number;
  readonly dimensions: number;
}

export interface ScaleResult {
  readonly rows: number;
  /** Of the backfill alone. */
  readonly seconds: number;
  /** Most memory of the process while it was filled. */
  readonly peakBytes: number;
  /** Share of vectors that were copied between the lane and the store. */
  readonly copiesPerRow: number;
  /** What JavaScript allocated for a row, buffers aside. */
  readonly heapBytesPerRow: number;
}

/**
 * Fills a table in a process of its own, so that memory of what ran before is not counted.
 * @throws REEMBED_INTERNAL where the child fails, with the end of what it wrote
 */
export async function fillInChild(request: ScaleRequest, signal?: AbortSignal): Promise<ScaleResult> {
  const file = fileURLToPath(new URL(`./scale.worker${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(execPath, [...execArgv, file, JSON.stringify(request)], { signal });
  let answer = "";
  let complaint = "";
  child.stdout.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).catch((error: unknown) => {
    throwIfAborted(signal);
    throw error;
  });
  if (code === 0) return JSON.parse(answer) as ScaleResult;
  throw new ReembedError("REEMBED_INTERNAL", `filling ${request.rows} rows failed: ${complaint.trim()}`);
}
