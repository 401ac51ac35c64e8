/**
 * Rows of a batch: large enough that the cost of a batch is spread thin, small enough that a few
 * batches in flight are a few megabytes.
 */
export const batchRows = 8192;

/** Bytes after which a batch is closed early, so that long texts do not make huge batches. */
export const batchBytes = 16 << 20;

/** Rows of a batch, given how many bytes how many rows come to. */
export function rowsPerBatch(rows: number, bytes: number): number {
  if (rows === 0) return batchRows;
  return Math.max(1, Math.min(batchRows, Math.floor(batchBytes / Math.max(1, bytes / rows))));
}
