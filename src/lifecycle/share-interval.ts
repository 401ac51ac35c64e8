/** A share, with its 95 % interval. All between 0 and 1. */
export interface ShareInterval {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5th percentile of the normal distribution. */
const z = 1.96;

/**
 * The share of a whole that a sample of it speaks for. Source: Wilson's score interval (1927), which
 * holds for small samples and for shares near 0 and 1.
 */
export function shareInterval(hits: number, sampled: number): ShareInterval {
  const share = hits / sampled;
  const weight = z * z;
  const middle = (share + weight / (2 * sampled)) / (1 + weight / sampled);
  const half =
    (z / (1 + weight / sampled)) *
    Math.sqrt((share * (1 - share)) / sampled + weight / (4 * sampled * sampled));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
