import type { Emit } from "../core/events.ts";
import type { Leases, Shard } from "../core/leases.ts";
import type { FragmentHits } from "../core/hits.ts";
import type { PlannedUnit } from "../core/plan-file.ts";
import { pause } from "../core/pause.ts";
import type { Lane, LaneStats, StoredTable } from "../core/ports.ts";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { SpaceGuard } from "../core/space-guard.ts";
import type { TableMoment } from "../core/ports-moment.ts";
import type { VectorSpool } from "../core/spool.ts";
import { type Stages, stagesBetween } from "../core/stages.ts";
import type { OnEmpty } from "../core/verbs.ts";
import type { VersionRecord } from "../core/version.ts";
import type { Key } from "../core/words.ts";
import { type BackfillCounts, createBackfillMeter } from "./backfill-meter.ts";
import { openReuse, type ReuseSources } from "./embed-window.ts";
import { findWork, isAnyFree, maxStaleKeys, staleLease } from "./find-work.ts";
import { commitWindows, type RoundObserver, type RoundOptions, runRound } from "./run-round.ts";
import { spooledLane } from "./spooled-lane.ts";
import { readStaleWindows } from "./stale-windows.ts";

/**
 * Rounds in one run at most. Each round handles what was appended or changed during the one before,
 * so they shrink unless writers outpace the lane; then the run ends and says what is left.
 */
const maxRounds = 12;

const progressIntervalMs = 250;

/** Pause between two looks at the leases of others, in milliseconds: one small read each. */
const waitMs = 1000;

export interface BackfillOptions {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly leases: Leases;
  /** Fill only these fragments, or units of the plan; undefined: all that no other process has taken. */
  readonly shard: Shard | undefined;
  /** Units of a plan that was made before, and that are all that is to be done; null: whatever is found. */
  readonly planned: readonly PlannedUnit[] | null;
  /** What the units are ordered by, the hottest first; null: by the table. A plan has its own order. */
  readonly hits: readonly FragmentHits[] | null;
  /** Called once, before the first write, and only if there is something to do. */
  readonly begin: () => Promise<void>;
  /** Whether an earlier run found nothing left at the present version of the table. */
  readonly isKnownComplete: () => Promise<boolean>;
  readonly openLane: () => Promise<Lane>;
  /** Null where vectors of this space are not worth keeping on disk. */
  readonly openSpool: () => Promise<VectorSpool | null>;
  /** Null where the space cannot change under way. */
  readonly guard: SpaceGuard | null;
  readonly onEmpty: OnEmpty;
  readonly limitRows: number | undefined;
  /** What merges may take beside the process and its model. */
  readonly memoryBytes: number;
  /** Resident memory of the process, for progress. Unit: bytes. */
  readonly residentBytes: () => number;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

export interface BackfillOutcome {
  readonly counts: BackfillCounts;
  readonly units: number;
  /** Rounds after the first. */
  readonly catchUpRounds: number;
  readonly seconds: number;
  /** Null where no lane was opened. */
  readonly stages: Stages | null;
  /** Whether every row is handled and fresh. */
  readonly complete: boolean;
  /** When every row was last looked at; null where it was known that nothing is left. */
  readonly foundAt: TableMoment | null;
  /** Rows of other shards, or outside the plan, that were still to do when this one was done. */
  readonly rowsElsewhere: number;
}

/**
 * Fills a version's column in rounds until no row is left to do: rows without a source hash first,
 * then those whose text changed meanwhile. The lane is opened only if there is work. Other processes may
 * fill the same version: each takes units that the others have not, and the last waits for what they
 * still hold, so that it takes over if one of them dies.
 */
export async function backfill(options: BackfillOptions): Promise<BackfillOutcome> {
  const { table, version, leases, emit, signal } = options;
  const startMs = performance.now();
  const meter = createBackfillMeter(() => performance.now());
  let rounds = 0;
  let partialRounds = 0;
  let units = 0;
  let totalRows = 0;
  let waiting = false;
  let lane: Lane | null = null;
  let statsBefore: LaneStats | null = null;
  let storeSeconds = 0;
  let spool: VectorSpool | null = null;
  let ticker: NodeJS.Timeout | undefined;
  let reuse: ReuseSources | null = null;
  let confirmSpace: RoundOptions["confirmSpace"] = null;

  const report = (): void => {
    emit({
      event: "backfill:progress",
      version: version.name,
      totalRows,
      rssBytes: options.residentBytes(),
      ...meter.pace(),
    });
  };
  const outcome = async (
    complete: boolean,
    rowsElsewhere: number,
    foundAt: TableMoment | null,
  ): Promise<BackfillOutcome> => {
    if (complete) {
      // A run that was killed after its last commit left vectors that nobody needs any more.
      spool ??= await options.openSpool();
      await spool?.clear();
    }
    return {
      counts: meter.counts(),
      units,
      catchUpRounds: Math.max(0, rounds - 1),
      seconds: (performance.now() - startMs) / 1000,
      stages:
        lane === null || statsBefore === null ? null : stagesBetween(statsBefore, lane.stats, storeSeconds),
      complete,
      foundAt,
      rowsElsewhere,
    };
  };

  try {
    if (await options.isKnownComplete()) return await outcome(true, 0, null);
    for (;;) {
      throwIfAborted(signal);
      const moment = await table.moments.now();
      const work = await findWork(options, meter.counts().handled, maxStaleKeys);
      const outOfBudget = options.limitRows !== undefined && meter.counts().handled >= options.limitRows;
      if (work.left === 0 || outOfBudget || rounds - partialRounds >= maxRounds) {
        return await outcome(work.left + work.elsewhere === 0, work.elsewhere, moment);
      }
      const holders = await leases.others();
      if (!isAnyFree(work, holders)) {
        if (!waiting) emit({ event: "lease:waiting", version: version.name, rows: work.rows, holders });
        waiting = true;
        await pause(waitMs, signal);
        continue;
      }
      waiting = false;
      if (lane === null) {
        // Preparing takes time and commits of its own, so what is to do is looked for again after it.
        await options.begin();
        const opening = options.openLane();
        // If preparing fails first, that is the error to tell.
        opening.catch(() => {});
        await table.prepareForPatches();
        spool = await options.openSpool();
        const bare = await opening;
        lane = spool === null ? bare : spooledLane(bare, spool, options.guard);
        confirmSpace = confirmation(bare, spool, options.guard);
        statsBefore = lane.stats;
        ticker = setInterval(report, progressIntervalMs);
        continue;
      }
      rounds += 1;
      if (work.more) partialRounds += 1;
      totalRows += work.rows;
      meter.expect(work.rows);
      emit({
        event: "round:planned",
        version: version.name,
        round: rounds,
        units: work.plan.units.length,
        rows: work.rows,
      });
      const observer: RoundObserver = {
        ...meter,
        embedded: (window, result) => meter.embedded(window.bytes, result),
        committed: (unit, result) => {
          units += 1;
          storeSeconds += result.seconds;
          emit({
            event: "unit:committed",
            version: version.name,
            unit: unit.index,
            units: work.plan.units.length,
            rows: result.updated,
            deletedMeanwhile: result.deletedMeanwhile,
            tableVersion: result.tableVersion,
            seconds: result.seconds,
          });
        },
      };
      const { onEmpty } = options;
      reuse ??= await openReuse(table, version);
      const round = { table, version, lane, reuse, spool, leases, confirmSpace, onEmpty, observer, signal };
      const unitsTaken = await runRound(work.plan, round);
      const staleTaken = await catchUpStale(work.staleKeys, round);
      report();
      // Where no commit but our own happened since the work was found, nothing can be left.
      const undisturbed = (await table.moments.undisturbedSince(moment)) !== null;
      const allTaken = unitsTaken === work.plan.units.length && staleTaken && !work.more;
      if (undisturbed && allTaken && options.limitRows === undefined) {
        return await outcome(work.elsewhere === 0, work.elsewhere, moment);
      }
    }
  } catch (error) {
    // Nothing is in the lane any more: what it made since the last good check is all in the spool.
    if (ReembedError.from(error).code === "REEMBED_CANARY_TRIPPED") await spool?.discardDoubted();
    throw error;
  } finally {
    clearInterval(ticker);
    await spool?.close();
  }
}

/** Checks the space after the answers of a merge have come, so before what they hold is stored. */
function confirmation(
  lane: Lane,
  spool: VectorSpool | null,
  guard: SpaceGuard | null,
): RoundOptions["confirmSpace"] {
  if (guard === null) return null;
  return async () => {
    const passed = spool?.beginCheck();
    await guard.check(lane);
    await passed?.();
  };
}

/** Embeds stale rows again, unless another process does; answers whether none is left to others. */
async function catchUpStale(keys: readonly Key[], round: RoundOptions): Promise<boolean> {
  if (keys.length === 0) return true;
  const taken = await round.leases.take([staleLease], 1);
  if (taken.length === 0) return false;
  await commitWindows(readStaleWindows(round.table, keys), round);
  round.leases.release(staleLease);
  return true;
}
