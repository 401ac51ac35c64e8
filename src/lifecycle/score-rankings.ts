import type { PairScores, QueryScores, ScoreDelta, SliceScores, VersionScores } from "../core/evaluation.ts";
import type { KnownQuery, Rankings } from "./rank-queries.ts";
import {
  bootstrapMean,
  type Judgements,
  meanOf,
  ndcgAt,
  overlapAt,
  percentile,
  rankBiasedOverlap,
  recallAt,
  reciprocalRankAt,
} from "./retrieval-metrics.ts";

/** Persistence of rank-biased overlap: about 86 % of its weight is on the first 10. */
const rboPersistence = 0.9;

/** What rankings are scored with. */
export interface Scoring {
  readonly queries: readonly KnownQuery[];
  /** Null: only agreement is measured. */
  readonly judgements: Judgements | null;
  /** The slice of each query; null where it is in none. */
  readonly slices: readonly (string | null)[];
  readonly k: number;
  readonly confidence: number;
}

/** The means of one version. */
export function scoreVersion(rankings: Rankings, scoring: Scoring): VersionScores {
  const { judgements, queries, k } = scoring;
  const mean = (score: (ids: readonly string[], grades: ReadonlyMap<string, number>) => number) =>
    judgements === null
      ? null
      : meanOf(rankings.ids.map((ids, index) => score(ids, gradesOf(judgements, queries[index]!))));
  return {
    version: rankings.version.name,
    spaceId: rankings.version.spaceId,
    queries: queries.length,
    unanswered: rankings.unanswered,
    ndcg10: mean((ids, grades) => ndcgAt(10, ids, grades)),
    recall100: mean((ids, grades) => recallAt(100, ids, grades)),
    mrr10: mean((ids, grades) => reciprocalRankAt(10, ids, grades)),
    ndcgAtK: mean((ids, grades) => ndcgAt(k, ids, grades)),
    mrrAtK: mean((ids, grades) => reciprocalRankAt(k, ids, grades)),
    latencyMs: { p50: percentile(rankings.latenciesMs, 0.5), p99: percentile(rankings.latenciesMs, 0.99) },
    similarity: { first: similarityAt(rankings, 1), tenth: similarityAt(rankings, 10) },
  };
}

/** One version against another, but for the queries shown in full. */
export function scorePair(from: Rankings, to: Rankings, scoring: Scoring): Omit<PairScores, "worst"> {
  const scores = queryScores(from, to, scoring);
  const both = (score: (a: readonly string[], b: readonly string[]) => number): number =>
    meanOf(from.ids.map((ids, index) => score(ids, to.ids[index]!)));
  const [before, after] = [similarityAt(from, 1), similarityAt(to, 1)];
  return {
    from: from.version.name,
    to: to.version.name,
    overlap10: meanOf(scores.map(({ overlap10 }) => overlap10)),
    overlapAtK: both((a, b) => overlapAt(scoring.k, a, b)),
    rbo: both((a, b) => rankBiasedOverlap(a, b, rboPersistence)),
    delta: deltaOf(scores, scoring.confidence),
    queries: scoring.judgements === null ? null : countByChange(scores),
    similarityShift: before === null || after === null ? null : after - before,
    slices: scoreSlices(scores, scoring),
    perQuery: scores,
  };
}

/** How relevant each document was judged to be for a query. */
export function gradesOf(judgements: Judgements, query: KnownQuery): ReadonlyMap<string, number> {
  return judgements.get(query.id) ?? new Map<string, number>();
}

/** What a query lost: in nDCG@10 where it is judged, else in agreement. Negative is a loss. */
export function changeOf({ from, to, overlap10 }: QueryScores): number {
  return from === null || to === null ? overlap10 - 1 : to - from;
}

function queryScores(from: Rankings, to: Rankings, { queries, judgements }: Scoring): QueryScores[] {
  return queries.map((query, index) => {
    const [a, b] = [from.ids[index]!, to.ids[index]!];
    const grades = judgements === null ? null : gradesOf(judgements, query);
    return {
      id: query.id,
      overlap10: overlapAt(10, a, b),
      from: grades === null ? null : ndcgAt(10, a, grades),
      to: grades === null ? null : ndcgAt(10, b, grades),
    };
  });
}

function deltaOf(scores: readonly QueryScores[], confidence: number): ScoreDelta {
  if (scores.some(({ from, to }) => from === null || to === null))
    return { ndcg10: null, low: null, high: null };
  const { mean, low, high } = bootstrapMean(scores.map(changeOf), confidence);
  return { ndcg10: mean, low, high };
}

function countByChange(scores: readonly QueryScores[]): { better: number; equal: number; worse: number } {
  const counts = { better: 0, equal: 0, worse: 0 };
  for (const score of scores) {
    const change = changeOf(score);
    counts[change > 0 ? "better" : change < 0 ? "worse" : "equal"] += 1;
  }
  return counts;
}

function scoreSlices(scores: readonly QueryScores[], scoring: Scoring): SliceScores[] {
  const groups = new Map<string, QueryScores[]>();
  for (const [index, slice] of scoring.slices.entries()) {
    if (slice === null) continue;
    const group = groups.get(slice) ?? [];
    group.push(scores[index]!);
    groups.set(slice, group);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([slice, group]) => ({
      slice,
      queries: group.length,
      overlap10: meanOf(group.map(({ overlap10 }) => overlap10)),
      delta: deltaOf(group, scoring.confidence),
    }));
}

/** Mean cosine similarity of the result at a rank, over the queries that have one. */
function similarityAt({ distances }: Rankings, rank: number): number | null {
  const found = distances.flatMap((row) => (row.length < rank ? [] : [1 - row[rank - 1]!]));
  return found.length === 0 ? null : meanOf(found);
}
