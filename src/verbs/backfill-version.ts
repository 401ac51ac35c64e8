import { ReembedError } from "../core/errors.ts";
import type { Lane, Model, StoredTable } from "../core/ports.ts";
import type { Ledger } from "../core/provider.ts";
import type { BackfillRequest, BackfillResult } from "../core/verbs.ts";
import type { VersionRecord } from "../core/version.ts";
import type { Leases } from "../core/leases.ts";
import { findVersion } from "../lifecycle/find-version.ts";
import { coverageOf, hasColumn } from "../lifecycle/summarize-versions.ts";
import { nextVersionName } from "../plan/next-version-name.ts";
import { backfill, type BackfillOutcome } from "../run/backfill.ts";
import { createBackfillMeter } from "../run/backfill-meter.ts";
import { fillByBatches } from "./fill-by-batches.ts";
import { type End, finishOnce, moveVersion } from "./finish-version.ts";
import { checkBackupName, nameBackup } from "./name-backup.ts";
import { openVersionSpool } from "./open-version-spool.ts";
import { requireCorpus } from "./require-corpus.ts";
import { checkPlan } from "./check-plan.ts";
import { checkWrites } from "./check-writes.ts";
import { ensureCanary } from "./ensure-canary.ts";
import { existingVersion } from "./existing-version.ts";
import { type FixedRequest, fixRequest } from "./fix-request.ts";
import { findHits } from "./find-hits.ts";
import { isKnownComplete } from "./is-known-complete.ts";
import { createRunLedger, type RunLedger } from "./run-ledger.ts";
import { guardOf, newCanary } from "./new-canary.ts";
import { checkAtStart } from "./version-canary.ts";
import { openTable, requireSameSpace, type VerbContext } from "./verb-context.ts";

/**
 * Adds a version to a table and fills it, or goes on with one: resumes what was interrupted, then
 * catches up rows appended or changed since. A first version becomes active when it is ready, as
 * there is nothing to compare it with.
 */
export async function backfillVersion(context: VerbContext, asked: BackfillRequest): Promise<BackfillResult> {
  const request = await fixRequest(context, asked);
  const ledger = createRunLedger();
  // A new version's canary is paid for too, so every lane is watched from its opening on.
  const laneOf: VerbContext["laneOf"] = async (model, workers) => {
    const lane = await context.laneOf(model, workers);
    ledger.watch(lane);
    return lane;
  };
  try {
    return await fillVersion({ ...context, laneOf }, request, ledger);
  } catch (error) {
    throw ledger.toldIn(error);
  }
}

async function fillVersion(
  context: VerbContext,
  request: FixedRequest,
  ledger: RunLedger,
): Promise<BackfillResult> {
  const model = await context.openModel(request.to);
  for (const message of model.warnings) context.emit({ event: "warning:raised", message });
  const table = await openTable(context, [request.to]);
  if (request.plan !== null) await checkPlan(context, table, model, request.plan, request);
  await requireCorpus(context, table);
  const workers = request.workers ?? context.settings.workers;
  // A device that is not there is refused before anything is written.
  if (context.settings.device !== "cpu") await context.laneOf(model, workers);
  await checkWrites(context, table, model, request);
  const chosen = await chooseVersion(context, table, model, request);
  const version = await ensureCanary(context, table, chosen, model);
  if (request.backup === true) await nameBackup(context, table, version.name);

  const startMs = performance.now();
  const leases = table.leases(version, context.settings.leaseSeconds * 1000);
  const guard = guardOf(context, version);
  const begin = (): Promise<void> =>
    moveVersion(context, table, version.name, "backfilling", ["planned", "ready", "failed"]);
  let started = false;
  const openLane = async (): Promise<Lane> => {
    const lane = await context.laneOf(model, workers);
    if (started) return lane;
    started = true;
    await checkAtStart(context, version, lane);
    context.emit({
      event: "lane:started",
      spaceId: model.space.id,
      model: model.reference,
      workers: lane.stats.workers,
      seconds: lane.stats.startSeconds,
    });
    return lane;
  };
  try {
    const batches = await fillByBatches(context, {
      table,
      version,
      model,
      leases,
      request,
      guard,
      begin,
      openLane,
    });
    if (batches !== null) ledger.addBatches(batches.ledger);
    if (batches?.state === "under-way") {
      const end = { index: null, note: comeBack(batches.ledger.open), ledger: ledger.read() };
      return await summarize(table, version, nothingDone(startMs), end);
    }
    const outcome = await backfill({
      table,
      version,
      leases,
      shard: request.shard,
      planned: request.plan?.units ?? null,
      hits: await findHits(context, table, version, request.hits),
      begin,
      openLane,
      openSpool: () => openVersionSpool(context, table, version),
      guard,
      isKnownComplete: () => isKnownComplete(context, table, version),
      onEmpty: request.onEmpty ?? context.settings.onEmpty,
      limitRows: request.limitRows,
      memoryBytes: context.settings.memoryBytes,
      residentBytes: context.residentBytes,
      emit: context.emit,
      signal: context.signal,
    });
    const end = await finishOnce(context, { table, version, leases, request, outcome });
    await letGo(context, version.name, leases);
    await keepComplete(context, table, version.name, outcome);
    return await summarize(table, version, outcome, { ...end, ledger: ledger.read() });
  } catch (error) {
    await noteFailure(context, table, version.name, leases, error);
    await letGo(context, version.name, leases);
    throw error;
  }
}

/** Remembers that nothing is left to do, unless others have committed since that was found. */
async function keepComplete(
  { completeness, emit }: VerbContext,
  table: StoredTable,
  name: string,
  { complete, foundAt }: BackfillOutcome,
): Promise<void> {
  if (!complete || foundAt === null) return;
  const found = await table.moments.undisturbedSince(foundAt);
  const snapshot = await table.snapshot();
  if (found !== snapshot.tableVersion) return;
  try {
    await completeness.keep(table.name, findVersion(snapshot, name), snapshot.tableVersion);
  } catch (error) {
    const { message } = ReembedError.from(error);
    const why = `it could not be kept that ${name} is complete: ${message}`;
    emit({ event: "warning:raised", message: `the next run looks through all rows again, since ${why}` });
  }
}

/** Lets go of what is still held; where that fails, the leases end by themselves. */
async function letGo(context: VerbContext, name: string, leases: Leases): Promise<void> {
  try {
    await leases.close();
  } catch (error) {
    const { message } = ReembedError.from(error);
    context.emit({
      event: "warning:raised",
      message: `version ${name}: leases stay until they expire, up to ${context.settings.leaseSeconds} s: ${message}`,
    });
  }
}

/** The version to fill: the named one, else the one of this space, else a new one. */
async function chooseVersion(
  context: VerbContext,
  table: StoredTable,
  model: Model,
  { name, vectorType, backup }: FixedRequest,
): Promise<VersionRecord> {
  const snapshot = await table.snapshot();
  let existing = existingVersion(snapshot, model, name);
  checkBackupName(snapshot, existing?.name ?? name, backup === true || existing?.backup === true);
  if (existing === undefined) {
    const newName = name ?? nextVersionName(snapshot.versions.map((version) => version.name));
    try {
      const created = await table.createVersion({
        name: newName,
        reference: model.reference,
        space: model.space,
        vectorType,
        baseModel: model.baseModel,
        canary: await newCanary(context, model),
      });
      context.emit({ event: "version:changed", version: created.name, from: null, to: created.state });
      return created;
    } catch (error) {
      if (ReembedError.from(error).code !== "REEMBED_STORE_VERSION_EXISTS") throw error;
      // Another process that fills the same version was first to make it.
      existing = existingVersion(await table.snapshot(), model, newName);
      if (existing === undefined) throw error;
    }
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

/** Records that a run ended with an error; an interruption is no failure, the run just goes on later. */
async function noteFailure(
  context: VerbContext,
  table: StoredTable,
  name: string,
  leases: Leases,
  thrown: unknown,
): Promise<void> {
  const error = ReembedError.from(thrown);
  if (error.code === "REEMBED_INTERRUPTED" || error.code === "REEMBED_STORE_LEASE_LOST") return;
  try {
    // What ended this process does not end the others.
    if ((await leases.others()).length > 0) return;
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

/** What a run came to that left everything to batches. */
function nothingDone(startMs: number): BackfillOutcome {
  return {
    counts: createBackfillMeter(() => performance.now()).counts(),
    units: 0,
    catchUpRounds: 0,
    seconds: (performance.now() - startMs) / 1000,
    stages: null,
    complete: false,
    foundAt: null,
    rowsElsewhere: 0,
  };
}

function comeBack(batches: number): string {
  return `${batches === 1 ? "a batch is" : `${batches} batches are`} with the provider, which takes up to a day; run the same command again to take them in`;
}

async function summarize(
  table: StoredTable,
  version: VersionRecord,
  outcome: BackfillOutcome,
  { index, note, ledger }: End & { readonly ledger: Ledger | null },
): Promise<BackfillResult> {
  const { counts, seconds } = outcome;
  const snapshot = await table.snapshot();
  return {
    version: version.name,
    spaceId: version.spaceId,
    state: findVersion(snapshot, version.name).state,
    rows: snapshot.rows,
    ...counts,
    stages: outcome.stages,
    seconds,
    rowsPerSecond: (counts.handled - counts.copied) / Math.max(seconds, 0.001),
    tokensPerSecond: counts.tokens / Math.max(seconds, 0.001),
    units: outcome.units,
    catchUpRounds: outcome.catchUpRounds,
    indexCoverage: index === null ? null : coverageOf(index),
    cost: ledger === null ? 0 : ledger.cost,
    ledger,
    upToDate: outcome.complete && counts.handled === 0 && note === null,
    note,
  };
}
