import { ReembedError } from "../core/errors.ts";
import { embedded, type RowOutcomeName, rowOutcomes } from "../core/outcome.ts";
import type { Lane, StoredTable, TableSnapshot } from "../core/ports.ts";
import type { FoundRow, SearchResult, SearchVerbRequest } from "../core/search.ts";
import { searchableStates, type VersionRecord } from "../core/version.ts";
import { resolveVersion } from "./find-version.ts";
import { fuseRanks } from "./fuse-ranks.ts";
import type { MissingRows } from "./missing-rows.ts";

/** Opens the lane of exactly a version's space. @throws REEMBED_SPACE_MISMATCH */
export type LaneFor = (version: VersionRecord) => Promise<Lane>;

/** How often a search starts over when its version is removed between resolving and searching. */
const attempts = 3;

/**
 * How much deeper each list of a joined search is than what is answered: a row of the joined first
 * ten may stand a little below the tenth place of both.
 */
const fusionDepth = 3;

export interface DoorOptions {
  readonly table: StoredTable;
  readonly laneFor: LaneFor;
  readonly missingRows: MissingRows;
}

/** What one search works with, all from one read of the table. */
interface Resolved {
  readonly snapshot: TableSnapshot;
  readonly version: VersionRecord;
  /** The query in the version's space; null for a search by words alone. */
  readonly vector: Float32Array | null;
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
    const embed = await queryOf(version, snapshot, options.laneFor, request);
    const startMs = performance.now();
    try {
      const resolved: Resolved = { snapshot, version, vector: await embed() };
      return await answer(options, resolved, request, startMs);
    } catch (error) {
      if (attempt >= attempts || !(await wasRemoved(options.table, version))) throw error;
    }
  }
}

/** Prepares the query's vector, so that starting a model is not counted as searching. */
async function queryOf(
  version: VersionRecord,
  snapshot: TableSnapshot,
  laneFor: LaneFor,
  request: SearchVerbRequest,
): Promise<() => Promise<Float32Array | null>> {
  if (request.mode === "text") return async () => null;
  if (request.vector !== undefined) {
    const vector = vectorOf(version, snapshot, request.vector, request.spaceId ?? "");
    return async () => vector;
  }
  const lane = await laneFor(version);
  return () => embedQuery(lane, request.text ?? "");
}

async function answer(
  { table, laneFor, missingRows }: DoorOptions,
  { snapshot, version, vector }: Resolved,
  request: SearchVerbRequest,
  startMs: number,
): Promise<SearchResult> {
  const { limit, where, exact, refineFactor, mode = "vector" } = request;
  const columns = userColumns(snapshot);
  const { tableVersion } = snapshot;
  const missing = await missingRows(table, snapshot, version);
  const standIn = request.missing === "fuse" && missing > 0 ? standInFor(snapshot, version) : null;
  const joined = standIn !== null || mode === "hybrid";
  const depth = joined ? limit * fusionDepth : limit;
  const byVector = async (
    from: VersionRecord,
    query: Float32Array,
    missingFrom?: VersionRecord,
  ): Promise<FoundRow[]> => {
    const hits = await table.search({
      column: from.column,
      tableVersion,
      vector: query,
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
  if (vector !== null) lists.push(await byVector(version, vector));
  if (standIn !== null && vector !== null) {
    // Rows that the version lacks are exactly those that the stand-in is asked for: no row is in both.
    const query = await embedQuery(await laneFor(standIn), request.text ?? "");
    lists.push(await byVector(standIn, query, version));
  }
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
    missing: { rows: missing, servedBy: standIn?.name ?? null },
    latencyMs: performance.now() - startMs,
  };
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

/** The query's vector. Shape: `[dimensions]`. @throws REEMBED_USAGE where the text has none */
async function embedQuery(lane: Lane, text: string): Promise<Float32Array> {
  const result = await lane.embed([text], { purpose: "query" });
  const outcome = result.outcomes[0] as number;
  if (outcome === embedded) return result.vectors;
  const reason = rowOutcomes[outcome] as RowOutcomeName;
  throw new ReembedError(
    "REEMBED_USAGE",
    `the query ${JSON.stringify(text)} has no vector in this space (${reason}); write other words`,
    { details: { reason } },
  );
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
