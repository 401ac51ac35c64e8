/** When things happen to a batch. Unit: milliseconds of the server's clock. */
export interface BatchTimes {
  readonly createdMs: number;
  /** When it was cancelled; null where it was not. */
  readonly cancelledMs: number | null;
}

/** How quickly a batch goes on. Unit: seconds of the server's clock. */
export interface MockBatchPace {
  readonly validatingSeconds: number;
  readonly secondsPerRequest: number;
  readonly finalizingSeconds: number;
}

export type BatchStatus =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** Where a batch stands, and when it came to each state. */
export interface BatchPhase {
  readonly status: BatchStatus;
  /** Requests carried out so far. */
  readonly done: number;
  /** Present for every state that it has reached. Unit: milliseconds. */
  readonly reachedMs: Readonly<Partial<Record<BatchStatus, number>>>;
}

/** The only window that there is. Source: OpenAI's API reference, "Create batch". */
export const windowMs = 24 * 60 * 60 * 1_000;

/**
 * Where a batch stands at a time: nothing but arithmetic, so that a test that moves the clock sees each
 * state. It expires when the window ends before the last request is done; what is done by then stays.
 */
export function batchPhase(
  times: BatchTimes,
  batch: { readonly requests: number; readonly valid: boolean },
  pace: MockBatchPace,
  nowMs: number,
): BatchPhase {
  const { createdMs, cancelledMs } = times;
  const startMs = createdMs + pace.validatingSeconds * 1_000;
  const perRequestMs = pace.secondsPerRequest * 1_000;
  const finalizingMs = startMs + batch.requests * perRequestMs;
  const completedMs = finalizingMs + pace.finalizingSeconds * 1_000;
  const expiryMs = createdMs + windowMs;
  const doneBy = (ms: number): number => {
    if (ms < startMs) return 0;
    return perRequestMs === 0
      ? batch.requests
      : Math.min(batch.requests, Math.floor((ms - startMs) / perRequestMs));
  };
  const validating = { validating: createdMs };
  const started = { ...validating, in_progress: startMs };

  if (cancelledMs !== null && cancelledMs <= nowMs) {
    const reachedMs = { ...(cancelledMs < startMs ? validating : started), cancelling: cancelledMs };
    const done = doneBy(cancelledMs);
    const endMs = cancelledMs + pace.finalizingSeconds * 1_000;
    if (nowMs < endMs) return { status: "cancelling", done, reachedMs };
    return { status: "cancelled", done, reachedMs: { ...reachedMs, cancelled: endMs } };
  }
  if (nowMs < startMs) return { status: "validating", done: 0, reachedMs: validating };
  if (!batch.valid) return { status: "failed", done: 0, reachedMs: { ...validating, failed: startMs } };
  if (finalizingMs > expiryMs && nowMs >= expiryMs) {
    return { status: "expired", done: doneBy(expiryMs), reachedMs: { ...started, expired: expiryMs } };
  }
  if (nowMs < finalizingMs) return { status: "in_progress", done: doneBy(nowMs), reachedMs: started };
  const finished = { ...started, finalizing: finalizingMs };
  const done = batch.requests;
  if (nowMs < completedMs) return { status: "finalizing", done, reachedMs: finished };
  return { status: "completed", done, reachedMs: { ...finished, completed: completedMs } };
}
