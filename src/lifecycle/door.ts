import { ReembedError } from "../core/errors.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import type { FoundRow, SearchResult, SearchVerbRequest } from "../core/search.ts";
import { searchableStates, type VersionRecord } from "../core/version.ts";
import { isEmbedderDown } from "./embedder-down.ts";
import { resolveVersion } from "./find-version.ts";
import { fuseRanks } from "./fuse-ranks.ts";
import type { MissingRows } from "./missing-rows.ts";
import type { PrepareQuery, QueryVector } from "./query-vectors.ts";

/** How often a search starts over when its version is removed between resolving and searching. */
const attempts = 3;

/**
 * How much deeper each list of a joined search is than what is answered: a row of the joined first
 * ten may stand a little below the tenth place of both.
 */
const fusionDepth = 3;

export interface DoorOptions {
  readonly table: StoredTable;
  readonly prepareQuery: PrepareQuery;
  readonly missingRows: MissingRows;
}

/** What one search works with, all from one read of the table. */
interface Resolved {
  readonly snapshot: TableSnapshot;
  readonly version: VersionRecord;
  /** The query in the version's space; null for a search by words alone. */
  readonly query: QueryVector | null;
}

/**
 * Searches a table. Version, column and embedder come from one read of the table, so the query and
 * the vectors it meets are of one space, also while a switch happens.
 * @throws REEMBED_SPACE_MISMATCH for a vector of another space, REEMBED_USAGE,
 * REEMBED_NO_ACTIVE_VERSION, and what the store throws
 */
export async function search(options: DoorOptions, request: SearchVerbRequest): Promise<SearchResult> {
  checkRequest(request);
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await options.table.snapshot();
    const version = resolveVersion(snapshot, request.version);
    try {
      const embed = await queryOf(version, snapshot, options.prepareQuery, request);
      const startMs = performance.now();
      const resolved: Resolved = { snapshot, version, query: await embed() };
      return await answer(options, resolved, request, startMs);
    } catch (error) {
      if (isEmbedderDown(error)) throw unknownQuery(error as ReembedError, snapshot, version);
      if (attempt >= attempts || !(await wasRemoved(options.table, version))) throw error;
    }
  }
}

/** Prepares the query's vector, so that starting a model is not counted as searching. */
async function queryOf(
  version: VersionRecord,
  snapshot: TableSnapshot,
  prepareQuery: PrepareQuery,
  request: SearchVerbRequest,
): Promise<() => Promise<QueryVector | null>> {
  if (request.mode === "text") return async () => null;
  if (request.vector !== undefined) {
    const vector = vectorOf(version, snapshot, request.vector, request.spaceId ?? "");
    return async () => ({ vector, fromCache: false });
  }
  return prepareQuery(version, request.text ?? "");
}

async function answer(
  { table, prepareQuery, missingRows }: DoorOptions,
  { snapshot, version, query }: Resolved,
  request: SearchVerbRequest,
  startMs: number,
): Promise<SearchResult> {
  const { limit, where, exact, refineFactor, mode = "vector" } = request;
  const columns = userColumns(snapshot);
  const { tableVersion } = snapshot;
  const missing = await missingRows(table, snapshot, version);
  const wanted = request.missing === "fuse" && missing > 0 && query !== null;
  const { standIn, standInQuery, reason } = wanted
    ? await askStandIn(snapshot, version, prepareQuery, request)
    : noStandIn;
  const joined = standIn !== null || mode === "hybrid";
  const depth = joined ? limit * fusionDepth : limit;
  const byVector = async (
    from: VersionRecord,
    { vector }: QueryVector,
    missingFrom?: VersionRecord,
  ): Promise<FoundRow[]> => {
    const hits = await table.search({
      column: from.column,
      tableVersion,
      vector,
      limit: depth,
      where,
      missingFrom,
      // A vector without a hash was not made by us: nobody knows of which space it is.
      handledBy: missingFrom === undefined && missing === 0 ? undefined : from,
      exact,
      refineFactor,
      columns,
    });
    return hits.map((hit) => ({ ...hit, version: from.name }));
  };

  const lists: FoundRow[][] = [];
  if (query !== null) lists.push(await byVector(version, query));
  // Rows that the version lacks are exactly those that the stand-in is asked for: no row is in both.
  if (standIn !== null) lists.push(await byVector(standIn, standInQuery, version));
  if (mode !== "vector") {
    const hits = await table.searchText({
      tableVersion,
      text: request.text ?? "",
      limit: depth,
      where,
      columns,
    });
    lists.push(hits.map(({ key, row }) => ({ key, row, distance: null, version: null })));
  }
  const [only] = lists;
  const hits =
    lists.length === 1 && only !== undefined
      ? only.slice(0, limit)
      : fuseRanks(lists, ({ key }) => `${typeof key} ${key}`)
          .slice(0, limit)
          .map(({ item, score }) => ({ ...item, score }));
  return {
    version: version.name,
    spaceId: version.spaceId,
    hits,
    fromCache: query?.fromCache === true || standInQuery?.fromCache === true,
    missing: {
      rows: missing,
      servedBy: standIn?.name ?? null,
      ...(reason === null ? {} : { reason }),
    },
    latencyMs: performance.now() - startMs,
  };
}

type StandIn =
  | { readonly standIn: VersionRecord; readonly standInQuery: QueryVector; readonly reason: null }
  | { readonly standIn: null; readonly standInQuery: null; readonly reason: string | null };

const noStandIn: StandIn = { standIn: null, standInQuery: null, reason: null };

/** The stand-in with the query in its space. Where its model is down, the answer says so instead. */
async function askStandIn(
  snapshot: TableSnapshot,
  version: VersionRecord,
  prepareQuery: PrepareQuery,
  request: SearchVerbRequest,
): Promise<StandIn> {
  const standIn = standInFor(snapshot, version);
  if (standIn === null) return noStandIn;
  try {
    const embed = await prepareQuery(standIn, request.text ?? "");
    return { standIn, standInQuery: await embed(), reason: null };
  } catch (error) {
    if (!isEmbedderDown(error)) throw error;
    const reason = `${standIn.name} was not asked: ${(error as ReembedError).message}`;
    return { standIn: null, standInQuery: null, reason };
  }
}

/** What a search ends with that has no vector: the model is down, and the query was not asked before. */
function unknownQuery(
  { code, message, details }: ReembedError,
  snapshot: TableSnapshot,
  version: VersionRecord,
): ReembedError {
  const others = snapshot.versions.filter(
    (other) => other.spaceId !== version.spaceId && searchableStates.has(other.state),
  );
  const names = others.map((other) => other.name);
  const instead =
    names.length === 0 ? "" : `; ${names.join(" and ")} can be searched by name, or switched to`;
  return new ReembedError(
    code,
    `${message}. No vector of this query is kept for ${version.name}; queries that are kept are still answered${instead}`,
    { details: { ...details, version: version.name, others: names } },
  );
}

/** The version that finds what another lacks: the one that was active last, else the newest other. */
function standInFor(snapshot: TableSnapshot, version: VersionRecord): VersionRecord | null {
  const others = snapshot.versions.filter(
    (other) => other.name !== version.name && searchableStates.has(other.state),
  );
  const byState = (state: VersionRecord["state"]): VersionRecord | undefined =>
    others.findLast((other) => other.state === state);
  return byState("active") ?? byState("retiring") ?? byState("ready") ?? others.at(-1) ?? null;
}

function refuse(message: string): never {
  throw new ReembedError("REEMBED_USAGE", message);
}

function checkRequest({ text, vector, spaceId, mode = "vector", missing }: SearchVerbRequest): void {
  if (text === undefined && vector === undefined) refuse("a search needs a text, or a vector and its space");
  if (vector !== undefined && spaceId === undefined) {
    refuse("a vector means nothing without its space: give the id of the space that it was made in");
  }
  if (text === undefined && mode !== "vector") refuse(`a search by ${mode} needs a text`);
  if (vector !== undefined && mode === "text") refuse("a search by text uses no vector; leave it out");
  if (text === undefined && missing === "fuse") {
    refuse("rows that the version lacks are searched in another space, which needs the text of the query");
  }
}

/** A vector that came from outside, as one of the version's space. @throws REEMBED_SPACE_MISMATCH */
function vectorOf(
  version: VersionRecord,
  snapshot: TableSnapshot,
  given: Float32Array | readonly number[],
  spaceId: string,
): Float32Array {
  if (spaceId !== version.spaceId) {
    const own = snapshot.versions.find(
      (other) => other.spaceId === spaceId && searchableStates.has(other.state),
    );
    const advice =
      own === undefined
        ? "embed the query with that version's model"
        : `version ${own.name} is of that space: name it to search there`;
    throw new ReembedError(
      "REEMBED_SPACE_MISMATCH",
      `the vector is of space ${spaceId}, and version ${version.name} of ${version.spaceId}; ${advice}`,
      {
        details: { version: version.name, stored: version.spaceId, given: spaceId, fits: own?.name ?? null },
      },
    );
  }
  const { dimensions } = version.space;
  const vector = Float32Array.from(given);
  if (vector.length !== dimensions || !vector.every(Number.isFinite)) {
    throw new ReembedError(
      "REEMBED_SPACE_MISMATCH",
      `the vector has ${vector.length} ${vector.every(Number.isFinite) ? "numbers" : "numbers, some of them not finite"}; space ${spaceId} has ${dimensions} dimensions`,
      { details: { version: version.name, dimensions, given: vector.length } },
    );
  }
  return vector;
}

/** Columns that are neither a version's nor vectors. */
function userColumns(snapshot: TableSnapshot): string[] {
  const ours = new Set(
    snapshot.versions.flatMap((version) => [version.column, version.hashColumn, version.embeddedAtColumn]),
  );
  return snapshot.schema.fields
    .filter((field) => !ours.has(field.name) && !/^(FixedSizeList|List)\b/.test(String(field.type)))
    .map((field) => field.name);
}

async function wasRemoved(table: StoredTable, version: VersionRecord): Promise<boolean> {
  const now = (await table.snapshot()).versions.find((other) => other.name === version.name);
  return now === undefined || now.state === "retired" || now.state === "abandoned";
}
