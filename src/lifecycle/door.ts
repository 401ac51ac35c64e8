import { ReembedError } from "../core/errors.ts";
import { embedded, type RowOutcomeName, rowOutcomes } from "../core/outcome.ts";
import type { Lane, SearchHit, StoredTable, TableSnapshot } from "../core/ports.ts";
import type { SearchResult, SearchVerbRequest } from "../core/verbs.ts";
import type { VersionRecord } from "../core/version.ts";
import { resolveVersion } from "./find-version.ts";

/** Opens the lane of exactly a version's space. @throws REEMBED_SPACE_MISMATCH */
export type LaneFor = (version: VersionRecord) => Promise<Lane>;

/** How often a search starts over when its version is removed between resolving and searching. */
const attempts = 3;

/**
 * Searches a table by text. Version, column and embedder come from one read of the table, so the
 * query and the vectors it meets are of one space, also while a switch happens.
 */
export async function search(
  table: StoredTable,
  laneFor: LaneFor,
  request: SearchVerbRequest,
): Promise<SearchResult> {
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await table.snapshot();
    const version = resolveVersion(snapshot, request.version);
    const lane = await laneFor(version);
    const startMs = performance.now();
    try {
      const vector = await embedQuery(lane, request.text);
      const hits = await searchVersion(table, snapshot, version, vector, request);
      return {
        version: version.name,
        spaceId: version.spaceId,
        hits,
        latencyMs: performance.now() - startMs,
      };
    } catch (error) {
      if (attempt >= attempts || !(await wasRemoved(table, version))) throw error;
    }
  }
}

/** Searches one version's column with a vector of its space, which the caller has made sure of. */
export async function searchVersion(
  table: StoredTable,
  snapshot: TableSnapshot,
  version: VersionRecord,
  vector: Float32Array,
  request: Pick<SearchVerbRequest, "limit" | "where" | "exact">,
): Promise<SearchHit[]> {
  return table.search({
    column: version.column,
    tableVersion: snapshot.tableVersion,
    vector,
    limit: request.limit,
    where: request.where,
    exact: request.exact,
    columns: userColumns(snapshot),
  });
}

/** The query's vector. Shape: `[dimensions]`. @throws REEMBED_USAGE where the text has none */
export async function embedQuery(lane: Lane, text: string): Promise<Float32Array> {
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
