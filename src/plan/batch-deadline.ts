/** What has to be done by when, and how fast it could be done without batches. */
export interface DeadlineTerms {
  /** Null where nothing hurries. Milliseconds since the epoch. */
  readonly deadlineMs: number | null;
  /** By the account's limits; only asked for where there is a deadline. */
  readonly liveTokensPerMinute: number;
  /** How long a batch that is cancelled may take to end. */
  readonly cancelMs: number;
}

const minuteMs = 60_000;

/**
 * Tokens that live requests have to begin with at once, so that everything can be done by the deadline:
 * none where they could still do all of it later, all where no batch can come back in time.
 */
export function liveTokensAtOnce(tokens: number, terms: DeadlineTerms, nowMs: number): number {
  if (terms.deadlineMs === null) return 0;
  const roomMs = terms.deadlineMs - nowMs - terms.cancelMs;
  if (roomMs <= 0) return tokens;
  const possible = (terms.liveTokensPerMinute * roomMs) / minuteMs;
  return possible >= tokens ? 0 : Math.floor(possible);
}

/**
 * Whether what is in batches has to be taken back now: from here live requests need all the time that is
 * left, and a batch that is cancelled needs time to end.
 */
export function mustTakeBack(tokens: number, terms: DeadlineTerms, nowMs: number): boolean {
  if (terms.deadlineMs === null) return false;
  const liveMs = (tokens / terms.liveTokensPerMinute) * minuteMs;
  return nowMs >= terms.deadlineMs - terms.cancelMs - liveMs;
}
