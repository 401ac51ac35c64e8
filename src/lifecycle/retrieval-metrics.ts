/** Measures of retrieval over ranked lists of document ids. Gains are linear, as in trec_eval. */

/** Relevance judgements: query id -> document id -> grade; grades above 0 are relevant. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Normalised discounted cumulative gain of the first `k`. Source: Järvelin and Kekäläinen 2002. */
export function ndcgAt(k: number, ranked: readonly string[], grades: ReadonlyMap<string, number>): number {
  let gain = 0;
  for (const [rank, id] of ranked.slice(0, k).entries()) {
    gain += Math.max(0, grades.get(id) ?? 0) / Math.log2(rank + 2);
  }
  let ideal = 0;
  const best = [...grades.values()].filter((grade) => grade > 0).toSorted((a, b) => b - a);
  for (const [rank, grade] of best.slice(0, k).entries()) ideal += grade / Math.log2(rank + 2);
  return ideal === 0 ? 0 : gain / ideal;
}

/** Share of the relevant documents that are among the first `k`. */
export function recallAt(k: number, ranked: readonly string[], grades: ReadonlyMap<string, number>): number {
  let relevant = 0;
  let found = 0;
  const first = new Set(ranked.slice(0, k));
  for (const [id, grade] of grades) {
    if (grade <= 0) continue;
    relevant += 1;
    if (first.has(id)) found += 1;
  }
  return relevant === 0 ? 0 : found / relevant;
}

/** One over the rank of the first relevant document among the first `k`, or 0. */
export function reciprocalRankAt(
  k: number,
  ranked: readonly string[],
  grades: ReadonlyMap<string, number>,
): number {
  const rank = ranked.slice(0, k).findIndex((id) => (grades.get(id) ?? 0) > 0);
  return rank === -1 ? 0 : 1 / (rank + 1);
}

/** Share of the first `k` that two rankings have in common; 1 where both are empty. */
export function overlapAt(k: number, a: readonly string[], b: readonly string[]): number {
  const first = new Set(a.slice(0, k));
  const second = b.slice(0, k);
  const longest = Math.max(first.size, second.length);
  return longest === 0 ? 1 : second.filter((id) => first.has(id)).length / longest;
}

/**
 * Rank-biased overlap of two rankings of one depth, extrapolated; 1 for equal rankings.
 * Source: Webber, Moffat and Zobel 2010, equation 32 (RBO_ext for lists of equal length).
 */
export function rankBiasedOverlap(a: readonly string[], b: readonly string[], p: number): number {
  const depth = Math.min(a.length, b.length);
  if (depth === 0) return a.length === b.length ? 1 : 0;
  const seenA = new Set<string>();
  const seenB = new Set<string>();
  let common = 0;
  let sum = 0;
  for (let rank = 0; rank < depth; rank += 1) {
    const idA = a[rank] as string;
    const idB = b[rank] as string;
    if (idA === idB) common += 1;
    else {
      if (seenB.has(idA)) common += 1;
      if (seenA.has(idB)) common += 1;
    }
    seenA.add(idA);
    seenB.add(idB);
    sum += (common / (rank + 1)) * p ** (rank + 1);
  }
  return (common / depth) * p ** depth + ((1 - p) / p) * sum;
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean of paired differences with its percentile bootstrap interval. The resampling is seeded, so
 * the same differences always give the same interval.
 * @default 2000 resamples
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 */
export function bootstrapMean(
  differences: readonly number[],
  confidence: number,
  resamples: number = 2000,
): Interval {
  const count = differences.length;
  if (count === 0) return { mean: 0, low: 0, high: 0 };
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const random = seededRandom(count);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    let sum = 0;
    for (let draw = 0; draw < count; draw += 1) sum += differences[Math.floor(random() * count)] as number;
    means[resample] = sum / count;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  const at = (share: number): number =>
    means[Math.min(resamples - 1, Math.floor(share * resamples))] as number;
  return { mean, low: at(tail), high: at(1 - tail) };
}

/** A small generator of uniform numbers in [0, 1). Source: Marsaglia 2003, xorshift with 13, 17, 5. */
function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** The value below which so many of the sorted values lie; `share` in [0, 1]. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** 0 where there are no values. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
