/** How much work goes to a worker at a time. */
export interface SlicePolicy {
  /** Work of a slice while much is left, in milliseconds of one worker. */
  readonly targetMs: number;
  /** Tokens a second of one worker, until its own rate is known. */
  readonly firstTokensPerSecond: number;
  /** Whether slices adapt to the measured rate; not where a slice's composition moves its vectors. */
  readonly adaptive: boolean;
  /** Longest texts first, so that workers end together and texts of a slice are of similar length. */
  readonly longestFirst: boolean;
}

/** Texts that travel in one message at most: a slice's strings are cloned in one go. */
export const maxSliceTexts = 4096;

/** Slices that a window is cut into for each worker at least: the last ones are short, so none idles long. */
const slicesPerWorker = 4;

/** The smallest slice as a share of the target: below that, messages begin to cost. */
const smallestShare = 0.25;

/**
 * Tokens of a text, guessed from its length: a token of English is about four characters, and special
 * tokens cost as much as any. A guess is enough: workers count, and rates are measured in guesses too.
 */
export function guessTokens(text: string, maxTokens: number): number {
  return Math.min(text.length / 4 + 2, maxTokens);
}

/**
 * Cuts texts into slices of about equal work, smaller towards the end.
 * @param costs guessed tokens of each text, in the order in which they will be handed out
 * @returns where each slice ends; the first starts at 0
 */
export function planSlices(
  costs: Float64Array,
  workers: number,
  policy: SlicePolicy,
  tokensPerSecond: number,
): number[] {
  const target = (tokensPerSecond * policy.targetMs) / 1000;
  let left = 0;
  for (const cost of costs) left += cost;
  const ends: number[] = [];
  let from = 0;
  while (from < costs.length) {
    const share = left / (workers * slicesPerWorker);
    const size = Math.max(target * smallestShare, Math.min(target, share));
    let to = from;
    let taken = 0;
    while (to < costs.length && to - from < maxSliceTexts && (taken === 0 || taken + costs[to]! <= size)) {
      taken += costs[to]!;
      to++;
    }
    left -= taken;
    ends.push(to);
    from = to;
  }
  return ends;
}

/** Indices of texts by guessed cost, largest first; equal ones keep their order. */
export function longestFirst(costs: Float64Array): Int32Array {
  return Int32Array.from(costs.keys()).toSorted((a, b) => costs[b]! - costs[a]! || a - b);
}
