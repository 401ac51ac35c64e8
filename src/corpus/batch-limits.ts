/**
 * Rows of a batch: large enough that the cost of a batch is spread thin, small enough that a few
 * batches in flight are a few megabytes.
 */
export const batchRows = 8192;

/** Bytes after which a batch is closed early, so that long texts do not make huge batches. */
export const batchBytes = 16 << 20;
