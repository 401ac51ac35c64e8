/** What repeated measurements of one thing come to. */
export interface Summary {
  readonly median: number;
  /** Ends of an interval that holds the true median with at least 95 %, or of all samples where there are too few. */
  readonly low: number;
  readonly high: number;
  readonly samples: readonly number[];
}

const confidence = 0.95;

/**
 * Median of samples with an interval by order statistics, which assumes nothing about how they are
 * spread. Below six samples no two of them enclose the median with 95 %: then all are the interval.
 * Source: Conover, Practical Nonparametric Statistics, 1999, chapter 3.2.
 */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const count = sorted.length;
  if (count === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN, samples };
  const middle = count >> 1;
  const median = count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const outside = ranksOutside(count);
  return { median, low: sorted[outside]!, high: sorted[count - 1 - outside]!, samples };
}

/** How many samples may be left out at each end so that the rest still encloses the median. */
function ranksOutside(count: number): number {
  // Chance that at most `rank` of `count` samples lie below the true median: a fair coin each.
  let chance = 0.5 ** count;
  let below = chance;
  let rank = 0;
  while (2 * below <= 1 - confidence && rank < (count - 1) >> 1) {
    rank += 1;
    chance *= (count - rank + 1) / rank;
    below += chance;
  }
  return Math.max(0, rank - 1);
}

/** The ratio of two things measured in turns, each pair by itself: what disturbs one disturbs the other. */
export function summarizeRatio(of: readonly number[], to: readonly number[]): Summary {
  return summarize(of.slice(0, to.length).map((value, index) => value / to[index]!));
}
