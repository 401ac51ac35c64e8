import { ReembedError } from "../core/errors.ts";
import type { IndexType, Model, StoredTable, TableSnapshot, VectorIndex } from "../core/ports.ts";
import type { BackfillRequest, BackfillResult } from "../core/verbs.ts";
import type { VersionRecord, VersionState } from "../core/version.ts";
import { activeVersion, findVersion } from "../lifecycle/find-version.ts";
import { coverageOf, hasColumn } from "../lifecycle/summarize-versions.ts";
import { nextVersionName } from "../plan/next-version-name.ts";
import { backfill, type BackfillOutcome } from "../run/backfill.ts";
import { requireCorpus } from "./require-corpus.ts";
import { openTable, requireSameSpace, type VerbContext } from "./verb-context.ts";

/**
 * Adds a version to a table and fills it, or goes on with one: resumes what was interrupted, then
 * catches up rows appended or changed since. A first version becomes active when it is ready, as
 * there is nothing to compare it with.
 */
export async function backfillVersion(
  context: VerbContext,
  request: BackfillRequest,
): Promise<BackfillResult> {
  const model = await context.openModel(request.to);
  for (const message of model.warnings) context.emit({ event: "warning:raised", message });
  const table = await openTable(context);
  await requireCorpus(context, table);
  const version = await chooseVersion(context, table, model, request);
  const workers = request.workers ?? context.settings.workers;

  let outcome: BackfillOutcome;
  try {
    outcome = await backfill({
      table,
      version,
      begin: () => move(context, table, version.name, "backfilling", ["planned", "ready", "failed"]),
      openLane: async () => {
        const lane = await context.laneOf(model, workers);
        context.emit({
          event: "lane:started",
          spaceId: model.space.id,
          model: model.reference,
          workers: lane.stats.workers,
          seconds: lane.stats.startSeconds,
        });
        return lane;
      },
      onEmpty: request.onEmpty ?? context.settings.onEmpty,
      limitRows: request.limitRows,
      residentBytes: context.residentBytes,
      emit: context.emit,
      signal: context.signal,
    });
  } catch (error) {
    await noteFailure(context, table, version.name, error);
    throw error;
  }

  const index = outcome.complete ? await finish(context, table, version, request) : null;
  return summarize(table, version, outcome, index);
}

/** The version to fill: the named one, else the one of this space, else a new one. */
async function chooseVersion(
  context: VerbContext,
  table: StoredTable,
  model: Model,
  request: BackfillRequest,
): Promise<VersionRecord> {
  const { name } = request;
  const vectorType = request.vectorType ?? context.settings.vectorType ?? undefined;
  const snapshot = await table.snapshot();
  const existing = existingVersion(snapshot, model, name);
  if (existing === undefined) {
    const created = await table.createVersion({
      name: name ?? nextVersionName(snapshot.versions.map((version) => version.name)),
      reference: model.reference,
      space: model.space,
      vectorType,
      baseModel: model.baseModel,
    });
    context.emit({ event: "version:changed", version: created.name, from: null, to: created.state });
    return created;
  }
  requireSameSpace(existing, model);
  if (vectorType !== undefined && vectorType !== existing.vectorType) {
    throw new ReembedError(
      "REEMBED_STORE_VERSION_EXISTS",
      `version ${existing.name} stores ${existing.vectorType}, and ${vectorType} was asked for: leave --vector-type out to go on with it, or make a new version with another --name`,
      { details: { version: existing.name, stored: existing.vectorType, wanted: vectorType } },
    );
  }
  if (hasColumn(existing)) return existing;
  throw new ReembedError(
    "REEMBED_STORE_STATE",
    `version ${existing.name} is ${existing.state}: it cannot be filled any more; choose another --name`,
    { details: { version: existing.name, state: existing.state } },
  );
}

function existingVersion(
  snapshot: TableSnapshot,
  model: Model,
  name: string | undefined,
): VersionRecord | undefined {
  if (name !== undefined) return snapshot.versions.find((version) => version.name === name);
  return snapshot.versions.findLast((version) => version.spaceId === model.space.id && hasColumn(version));
}

/** Builds the index, then lets the version move on to `ready`, and to `active` if none is. */
async function finish(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord,
  request: BackfillRequest,
): Promise<VectorIndex | null> {
  const index = await ensureIndex(context, table, version, request.index ?? context.settings.index);
  await move(context, table, version.name, "ready", ["backfilling"]);
  if (activeVersion(await table.snapshot()) === null) {
    await move(context, table, version.name, "active", ["ready"]);
  }
  return index;
}

/** Builds the version's index unless it is there and covers every row. */
async function ensureIndex(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord,
  type: IndexType | "auto",
): Promise<VectorIndex | null> {
  const present = await table.vectorIndex(version);
  if (present !== null && present.unindexedRows === 0) return present;
  const { rows } = await table.snapshot();
  context.emit({ event: "index:started", version: version.name, rows });
  const startMs = performance.now();
  const built = await table.buildIndex(version, type);
  context.emit({
    event: "index:finished",
    version: version.name,
    indexCoverage: built === null ? null : coverageOf(built),
    indexType: built?.type ?? null,
    seconds: (performance.now() - startMs) / 1000,
  });
  return built;
}

/** Moves the version to a state if it is in one of those given; else leaves it where it is. */
async function move(
  context: VerbContext,
  table: StoredTable,
  name: string,
  to: VersionState,
  from: readonly VersionState[],
): Promise<void> {
  const { state } = findVersion(await table.snapshot(), name);
  if (!from.includes(state)) return;
  await table.changeVersions([{ name, from: state, to }]);
  context.emit({ event: "version:changed", version: name, from: state, to });
}

/** Records that a run ended with an error; an interruption is no failure, the run just goes on later. */
async function noteFailure(
  context: VerbContext,
  table: StoredTable,
  name: string,
  thrown: unknown,
): Promise<void> {
  const error = ReembedError.from(thrown);
  if (error.code === "REEMBED_INTERRUPTED") return;
  try {
    const { state } = findVersion(await table.snapshot(), name);
    if (state !== "backfilling") return;
    await table.changeVersions([{ name, from: state, to: "failed", why: `${error.code}: ${error.message}` }]);
    context.emit({ event: "version:changed", version: name, from: state, to: "failed" });
  } catch (second) {
    const { message } = ReembedError.from(second);
    context.emit({
      event: "warning:raised",
      message: `version ${name} could not be marked as failed: ${message}`,
    });
  }
}

async function summarize(
  table: StoredTable,
  version: VersionRecord,
  outcome: BackfillOutcome,
  index: VectorIndex | null,
): Promise<BackfillResult> {
  const { counts, seconds } = outcome;
  const snapshot = await table.snapshot();
  return {
    version: version.name,
    spaceId: version.spaceId,
    state: findVersion(snapshot, version.name).state,
    rows: snapshot.rows,
    ...counts,
    copied: 0,
    seconds,
    rowsPerSecond: counts.handled / Math.max(seconds, 0.001),
    tokensPerSecond: counts.tokens / Math.max(seconds, 0.001),
    units: outcome.units,
    catchUpRounds: outcome.catchUpRounds,
    indexCoverage: index === null ? null : coverageOf(index),
    cost: 0,
    upToDate: outcome.complete && counts.handled === 0,
  };
}
