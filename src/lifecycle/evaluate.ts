import { ReembedError } from "../core/errors.ts";
import type { PairScores, VersionScores } from "../core/evaluation.ts";
import type { Emit } from "../core/events.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import { searchableStates, type VersionRecord } from "../core/version.ts";
import type { LaneFor } from "./rank-queries.ts";
import { findVersion } from "./find-version.ts";
import { checkJudgedRows } from "./judged-rows.ts";
import { type KnownQuery, type Rankings, rankQueries } from "./rank-queries.ts";
import type { Judgements } from "./retrieval-metrics.ts";
import { scorePair, scoreVersion, type Scoring } from "./score-rankings.ts";
import { sliceQueries } from "./slice-queries.ts";
import { worstQueries } from "./worst-queries.ts";

/** Depth of the rankings: what recall@100 needs. */
const depth = 100;

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
  /** Field of the queries, or column of the table; undefined: no slices. */
  readonly sliceBy: string | undefined;
  /** Queries that lost most, with their results. */
  readonly worst: number;
  readonly perQuery: boolean;
  readonly confidence: number;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

export interface Evaluation {
  readonly versions: readonly VersionScores[];
  readonly pairs: readonly PairScores[];
}

/**
 * Runs known queries through versions of one snapshot of a table, each with its own embedder, and
 * scores the rankings. With judgements only the queries that have some are run, as is usual.
 * @throws REEMBED_CORPUS_EMPTY, REEMBED_NO_ACTIVE_VERSION, REEMBED_STORE_VERSION_MISSING, REEMBED_USAGE
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { table, judgements, k, confidence } = options;
  const snapshot = await table.snapshot();
  const versions = versionsToScore(snapshot, options.versions);
  const queries = queriesToRun(options);
  await checkJudgedRows({ ...options, snapshot, queries });
  const rankings: Rankings[] = [];
  for (const version of versions) {
    const ranked = await rankQueries(version, queries, {
      ...options,
      tableVersion: snapshot.tableVersion,
      depth: Math.max(k, depth),
    });
    rankings.push(ranked);
  }
  const slices =
    options.sliceBy === undefined
      ? queries.map(() => null)
      : await sliceQueries(options.sliceBy, { table, snapshot, queries, judgements });
  const scoring: Scoring = { queries, judgements, slices, k, confidence };
  const pairs: PairScores[] = [];
  for (const [from, to] of pairsOf(rankings)) {
    const { perQuery = [], ...scores } = scorePair(from, to, scoring);
    const worst = await worstQueries(from, to, perQuery, options.worst, { table, snapshot, scoring });
    pairs.push({ ...scores, worst, ...(options.perQuery ? { perQuery } : {}) });
  }
  return { versions: rankings.map((ranking) => scoreVersion(ranking, scoring)), pairs };
}

function queriesToRun({ queries, judgements }: EvaluateOptions): readonly KnownQuery[] {
  if (judgements === null) return queries;
  const judged = queries.filter((query) => judgements.has(query.id));
  if (judged.length > 0) return judged;
  throw new ReembedError(
    "REEMBED_CORPUS_EMPTY",
    `none of the ${queries.length} queries has a relevance judgement; check that the ids of the two files are the same`,
  );
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

/** Each version against every later one. */
function pairsOf(rankings: readonly Rankings[]): [Rankings, Rankings][] {
  return rankings.flatMap((from, index) =>
    rankings.slice(index + 1).map((to): [Rankings, Rankings] => [from, to]),
  );
}
