/** How much work goes to a worker at a time. */
export interface SlicePolicy {
  /** Work of a slice while much is left, in milliseconds of one worker. */
  readonly targetMs: number;
  /** Tokens a second of one worker, until its own rate is known. */
  readonly firstTokensPerSecond: number;
}

/** Items that travel in one message at most: one answer is not to hold the main thread up. */
export const maxSliceItems = 4096;

/** Slices that a window is cut into for each worker at least: the last ones are short, so none idles long. */
const slicesPerWorker = 4;

/** The smallest slice as a share of the target: below that, messages begin to cost. */
const smallestShare = 0.25;

/**
 * Tokens of a text, guessed from its bytes: a token of English is about four characters, and special
 * tokens cost as much as any. A guess is enough to share out tokenising; calls are planned by count.
 */
export function guessTokens(bytes: number, maxTokens: number): number {
  return Math.min(bytes / 4 + 2, maxTokens);
}

/**
 * Where the next slice of some work ends: the work goes in about equal costs, smaller towards its end.
 * @param costs tokens of each item, in the order in which they are handed out
 * @param from the slice's first item
 * @param left cost of the items from there on
 */
export function sliceEnd(
  costs: Float64Array,
  from: number,
  left: number,
  workers: number,
  policy: SlicePolicy,
  tokensPerSecond: number,
): number {
  const target = (tokensPerSecond * policy.targetMs) / 1000;
  const share = left / (workers * slicesPerWorker);
  const size = Math.max(target * smallestShare, Math.min(target, share));
  let to = from;
  let taken = 0;
  while (to < costs.length && to - from < maxSliceItems && (taken === 0 || taken + costs[to]! <= size)) {
    taken += costs[to]!;
    to++;
  }
  return to;
}
