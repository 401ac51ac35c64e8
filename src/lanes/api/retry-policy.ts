import type { ProviderFailureKind } from "../../core/provider.ts";

/**
 * What comes after a request without an answer.
 * `again`: the same, later. `split`: in halves, so that what is at fault stands alone in the end.
 * `shorten`: the one text that is too long, cut. `stop`: no request can succeed.
 */
export type NextStep = "again" | "split" | "shorten" | "stop";

export interface RetryRule {
  /** The step while tries are left. */
  readonly step: NextStep;
  /** Tries of the same request, after which it is split; Infinity for what says nothing of the request. */
  readonly tries: number;
  /** First wait; each further one is twice as long. Unit: ms. */
  readonly firstWaitMs: number;
}

/** Longest wait between two tries, unless the provider asks for more. Unit: ms. */
export const longestWaitMs = 30_000;

/** Kind of failure -> what to do. A wait that the provider asks for is obeyed in any case. */
export const retryRules: Readonly<Record<ProviderFailureKind, RetryRule>> = {
  "rate-limited": { step: "again", tries: Infinity, firstWaitMs: 250 },
  "server-error": { step: "again", tries: 4, firstWaitMs: 200 },
  timeout: { step: "again", tries: 3, firstWaitMs: 500 },
  connection: { step: "again", tries: 4, firstWaitMs: 200 },
  malformed: { step: "again", tries: 3, firstWaitMs: 200 },
  "too-large": { step: "split", tries: 1, firstWaitMs: 0 },
  "too-long": { step: "shorten", tries: 1, firstWaitMs: 0 },
  "bad-input": { step: "split", tries: 1, firstWaitMs: 0 },
  "out-of-credit": { step: "stop", tries: 1, firstWaitMs: 0 },
  unauthorised: { step: "stop", tries: 1, firstWaitMs: 0 },
  "not-found": { step: "stop", tries: 1, firstWaitMs: 0 },
};

/**
 * How long to wait before try number `tries` + 1: twice as long each time, anywhere in the upper half
 * of that, so that requests which failed together do not come back together.
 * @param random 0 to 1
 */
export function waitBeforeRetry(
  kind: ProviderFailureKind,
  tries: number,
  retryAfterMs: number | null,
  random: number,
): number {
  const rule = retryRules[kind];
  const backoffMs = Math.min(longestWaitMs, rule.firstWaitMs * 2 ** (tries - 1)) * (0.5 + random / 2);
  return Math.max(backoffMs, retryAfterMs ?? 0);
}
