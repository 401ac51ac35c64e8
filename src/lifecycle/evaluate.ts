import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { Emit } from "../core/events.ts";
import { embedded } from "../core/outcome.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import type { PairScores, VersionScores } from "../core/verbs.ts";
import { searchableStates, type VersionRecord } from "../core/version.ts";
import type { LaneFor } from "./door.ts";
import { findVersion } from "./find-version.ts";
import {
  bootstrapMean,
  type Judgements,
  ndcgAt,
  overlapAt,
  percentile,
  rankBiasedOverlap,
  recallAt,
  reciprocalRankAt,
} from "./retrieval-metrics.ts";

/** Depth of the rankings: what recall@100 needs. */
const depth = 100;

/** Persistence of rank-biased overlap: about 86 % of its weight is on the first 10. */
const rboPersistence = 0.9;

const progressEveryQueries = 50;

export interface KnownQuery {
  readonly id: string;
  readonly text: string;
}

export interface EvaluateOptions {
  readonly table: StoredTable;
  readonly laneFor: LaneFor;
  readonly queries: readonly KnownQuery[];
  /** Null: only agreement between versions is measured. */
  readonly judgements: Judgements | null;
  /** Names; undefined: every searchable version. */
  readonly versions: readonly string[] | undefined;
  /** Cut-off of nDCG, reciprocal rank and overlap in the fields that end in `AtK`. */
  readonly k: number;
  readonly exact: boolean;
  readonly confidence: number;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

export interface Evaluation {
  readonly versions: readonly VersionScores[];
  readonly pairs: readonly PairScores[];
}

interface Rankings {
  readonly version: VersionRecord;
  /** One ranking of document ids per query. */
  readonly ranked: readonly (readonly string[])[];
  readonly latenciesMs: readonly number[];
}

/**
 * Runs known queries through versions of a table, each with its own embedder, and scores the
 * rankings. With judgements only the queries that have some are run, as is usual for such sets.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { judgements } = options;
  const snapshot = await options.table.snapshot();
  const versions = versionsToScore(snapshot, options.versions);
  const queries =
    judgements === null ? options.queries : options.queries.filter((query) => judgements.has(query.id));
  if (queries.length === 0) {
    throw new ReembedError(
      "REEMBED_CORPUS_EMPTY",
      `none of the ${options.queries.length} queries has a relevance judgement; check that the ids of the two files are the same`,
    );
  }
  const rankings: Rankings[] = [];
  for (const version of versions) rankings.push(await rank(version, queries, options));
  return {
    versions: rankings.map((ranking) => scoreVersion(ranking, queries, judgements, options.k)),
    pairs: pairsOf(rankings).map(([from, to]) => scorePair(from, to, queries, options)),
  };
}

function versionsToScore(snapshot: TableSnapshot, names: readonly string[] | undefined): VersionRecord[] {
  if (names !== undefined) return names.map((name) => findVersion(snapshot, name));
  const versions = snapshot.versions.filter((version) => searchableStates.has(version.state));
  if (versions.length > 0) return versions;
  throw new ReembedError(
    "REEMBED_NO_ACTIVE_VERSION",
    `table ${snapshot.name} has no version to evaluate; run backfill first`,
  );
}

async function rank(
  version: VersionRecord,
  queries: readonly KnownQuery[],
  options: EvaluateOptions,
): Promise<Rankings> {
  const lane = await options.laneFor(version);
  const { vectors, outcomes } = await lane.embed(
    queries.map((query) => query.text),
    { purpose: "query", signal: options.signal },
  );
  const { dimensions } = version.space;
  const ranked: string[][] = [];
  const latenciesMs: number[] = [];
  for (const index of queries.keys()) {
    throwIfAborted(options.signal);
    if (outcomes[index] !== embedded) {
      ranked.push([]);
      continue;
    }
    const startMs = performance.now();
    const hits = await options.table.search({
      column: version.column,
      vector: vectors.subarray(index * dimensions, (index + 1) * dimensions),
      limit: Math.max(options.k, depth),
      exact: options.exact,
      columns: [],
    });
    latenciesMs.push(performance.now() - startMs);
    ranked.push(hits.map((hit) => String(hit.key)));
    if ((index + 1) % progressEveryQueries === 0 || index + 1 === queries.length) {
      options.emit({
        event: "eval:progress",
        version: version.name,
        queries: index + 1,
        total: queries.length,
      });
    }
  }
  return { version, ranked, latenciesMs };
}

function scoreVersion(
  { version, ranked, latenciesMs }: Rankings,
  queries: readonly KnownQuery[],
  judgements: Judgements | null,
  k: number,
): VersionScores {
  const mean = (score: (ids: readonly string[], grades: ReadonlyMap<string, number>) => number) =>
    judgements === null
      ? null
      : meanOf(ranked.map((ids, index) => score(ids, gradesOf(judgements, queries[index]))));
  return {
    version: version.name,
    spaceId: version.spaceId,
    queries: queries.length,
    ndcg10: mean((ids, grades) => ndcgAt(10, ids, grades)),
    recall100: mean((ids, grades) => recallAt(100, ids, grades)),
    mrr10: mean((ids, grades) => reciprocalRankAt(10, ids, grades)),
    ndcgAtK: mean((ids, grades) => ndcgAt(k, ids, grades)),
    mrrAtK: mean((ids, grades) => reciprocalRankAt(k, ids, grades)),
    latencyMs: { p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99) },
  };
}

function scorePair(
  from: Rankings,
  to: Rankings,
  queries: readonly KnownQuery[],
  options: EvaluateOptions,
): PairScores {
  const perQuery = (score: (a: readonly string[], b: readonly string[]) => number): number[] =>
    from.ranked.map((ids, index) => score(ids, to.ranked[index] ?? []));
  const { judgements } = options;
  const delta =
    judgements === null
      ? null
      : bootstrapMean(
          queries.map((query, index) => {
            const grades = gradesOf(judgements, query);
            return ndcgAt(10, to.ranked[index] ?? [], grades) - ndcgAt(10, from.ranked[index] ?? [], grades);
          }),
          options.confidence,
        );
  return {
    from: from.version.name,
    to: to.version.name,
    overlap10: meanOf(perQuery((a, b) => overlapAt(10, a, b))),
    overlapAtK: meanOf(perQuery((a, b) => overlapAt(options.k, a, b))),
    rbo: meanOf(perQuery((a, b) => rankBiasedOverlap(a, b, rboPersistence))),
    delta: { ndcg10: delta?.mean ?? null, low: delta?.low ?? null, high: delta?.high ?? null },
  };
}

/** Each version against every later one. */
function pairsOf(rankings: readonly Rankings[]): [Rankings, Rankings][] {
  return rankings.flatMap((from, index) =>
    rankings.slice(index + 1).map((to): [Rankings, Rankings] => [from, to]),
  );
}

const noGrades: ReadonlyMap<string, number> = new Map();

function gradesOf(judgements: Judgements, query: KnownQuery | undefined): ReadonlyMap<string, number> {
  return (query === undefined ? undefined : judgements.get(query.id)) ?? noGrades;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
