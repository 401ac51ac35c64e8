import type { IndexRequest, IndexResult } from "../core/verbs.ts";
import { findVersion } from "../lifecycle/find-version.ts";
import { coverageOf } from "../lifecycle/summarize-versions.ts";
import { openTable, type VerbContext } from "./verb-context.ts";

/** Builds a version's vector index anew, of the type asked for. */
export async function buildIndex(context: VerbContext, request: IndexRequest): Promise<IndexResult> {
  const table = await openTable(context);
  const snapshot = await table.snapshot();
  const version = findVersion(snapshot, request.version);
  const startMs = performance.now();
  context.emit({ event: "index:started", version: version.name, rows: snapshot.rows });
  const index = await table.buildIndex(version, request.type);
  const result = {
    indexType: index?.type ?? null,
    indexCoverage: index === null ? null : coverageOf(index),
    seconds: (performance.now() - startMs) / 1000,
  };
  context.emit({ event: "index:finished", version: version.name, ...result });
  return {
    version: version.name,
    ...result,
    note: index === null ? `a scan of ${snapshot.rows} rows is fast enough, so they get no index` : null,
  };
}
