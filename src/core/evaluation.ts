/** Versions side by side on known queries: what is asked, and what is answered. */
import type { Key } from "./words.ts";

export interface EvalRequest {
  /** JSONL of queries: `_id` and `text`, and whatever else they carry. */
  readonly queries: string;
  /** TSV `query-id, corpus-id, score`; without it only agreement between versions is measured. */
  readonly qrels?: string | undefined;
  /** @default every searchable version */
  readonly versions?: readonly string[] | undefined;
  readonly k: number;
  /** Scan every vector instead of using the index. */
  readonly exact: boolean;
  /**
   * Scores apart for each value of this field of the queries; where they have no such field, of this
   * column of the table, in the rows that are judged relevant.
   */
  readonly sliceBy?: string | undefined;
  /** How many of the queries that lost most are answered with their results. @default 0 */
  readonly worst?: number | undefined;
  /** Answer with every query's scores, too. @default false */
  readonly perQuery?: boolean | undefined;
}

export interface VersionScores {
  readonly version: string;
  readonly spaceId: string;
  readonly queries: number;
  /** Queries that have no vector in this version's space, and so no results. */
  readonly unanswered: number;
  /** Null without relevance judgements. */
  readonly ndcg10: number | null;
  readonly recall100: number | null;
  readonly mrr10: number | null;
  /** The same at the cut-off that was asked for. */
  readonly ndcgAtK: number | null;
  readonly mrrAtK: number | null;
  /** Of the search in the table, without embedding the query. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Mean cosine similarity of the first result, and of the tenth; null where there are none. */
  readonly similarity: { readonly first: number | null; readonly tenth: number | null };
}

/** A difference with its paired bootstrap interval; null without judgements. */
export interface ScoreDelta {
  readonly ndcg10: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface PairScores {
  readonly from: string;
  readonly to: string;
  /** Mean share of the first 10 that both return. */
  readonly overlap10: number;
  readonly overlapAtK: number;
  /** Mean rank-biased overlap, p = 0.9. */
  readonly rbo: number;
  /** Difference of nDCG@10, `to` less `from`, with its paired bootstrap interval of 95 %. */
  readonly delta: ScoreDelta;
  /** Queries by what became of their nDCG@10; null without judgements. */
  readonly queries: { readonly better: number; readonly equal: number; readonly worse: number } | null;
  /**
   * Change of the mean similarity of the first result. Similarities of two spaces measure nothing in
   * common: this only says that thresholds on them have to be set anew.
   */
  readonly similarityShift: number | null;
  /** Empty where no slices were asked for. */
  readonly slices: readonly SliceScores[];
  /** Those that lost most, worst first: by nDCG@10, or by overlap without judgements. */
  readonly worst: readonly WorseQuery[];
  /** Only where it was asked for. */
  readonly perQuery?: readonly QueryScores[] | undefined;
}

/** A pair's scores on the queries of one slice. */
export interface SliceScores {
  readonly slice: string;
  readonly queries: number;
  readonly overlap10: number;
  readonly delta: ScoreDelta;
}

export interface QueryScores {
  readonly id: string;
  readonly overlap10: number;
  /** nDCG@10 in each version; null without judgements. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface WorseQuery extends QueryScores {
  readonly text: string;
  readonly slice: string | null;
  /** The first results of both, side by side. */
  readonly fromHits: readonly RankedHit[];
  readonly toHits: readonly RankedHit[];
}

export interface RankedHit {
  readonly key: Key;
  /** The beginning of its text. */
  readonly text: string;
  /** How relevant it was judged to be; null where it was not judged. */
  readonly grade: number | null;
}

export interface EvalResult {
  readonly k: number;
  readonly exact: boolean;
  readonly versions: readonly VersionScores[];
  readonly pairs: readonly PairScores[];
}
