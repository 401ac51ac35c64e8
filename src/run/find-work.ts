import { inShard, type LeaseHolder, type LeaseItem, leaseItems, type Shard } from "../core/leases.ts";
import type { FragmentHits } from "../core/hits.ts";
import type { RoundPlan } from "../core/plan.ts";
import type { PlannedUnit } from "../core/plan-file.ts";
import type { FragmentRows, StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import type { Key } from "../core/words.ts";
import { limitPlan } from "../plan/limit-plan.ts";
import { hottestFirst } from "../plan/order-by-hits.ts";
import { boundsWithin, planRound } from "../plan/plan-round.ts";
import { plannedRound, unitsOfShard } from "../plan/planned-round.ts";

/**
 * Stale rows of one round at most: keys of 50 bytes take 20 MB. What is beyond them is the next round's,
 * which does not count towards the end of a run: such rounds get through any number of rows.
 */
export const maxStaleKeys = 1 << 18;

/** What one round has to do. */
export interface Work {
  readonly plan: RoundPlan;
  readonly staleKeys: readonly Key[];
  /** Rows of the plan, and stale ones. */
  readonly rows: number;
  /** The same without the limit of rows. */
  readonly left: number;
  /**
   * Rows without a vector in fragments of other shards, or outside the units that were planned before, and
   * then stale ones too.
   */
  readonly elsewhere: number;
  /** Whether there are stale rows beyond those of this round. */
  readonly more: boolean;
}

/** Whether a part of the work is held by no other process. */
export function isAnyFree(work: Work, holders: readonly LeaseHolder[]): boolean {
  const held = new Set(holders.flatMap((holder) => holder.items));
  const groups = [...work.plan.units.map(leaseItems), ...(work.staleKeys.length > 0 ? [staleLease] : [])];
  return groups.some((group) => !group.some((item) => held.has(item)));
}

/** Stale rows are in any fragment: one process at a time catches up with them. */
export const staleLease: readonly LeaseItem[] = ["stale"];

export interface FindWorkOptions {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly shard: Shard | undefined;
  /** Units of a plan that was made before, and that are all that is to be done; null: whatever is found. */
  readonly planned: readonly PlannedUnit[] | null;
  /** What the units are ordered by, the hottest first; null: by the table. */
  readonly hits: readonly FragmentHits[] | null;
  readonly limitRows: number | undefined;
  /** What merges may take beside the process and its model. */
  readonly memoryBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** What is left to do for a version now, within what the limit of rows still allows. */
export async function findWork(options: FindWorkOptions, handled: number, mostStale: number): Promise<Work> {
  const { table, version, planned, limitRows, signal } = options;
  const fragments = await table.fragments(version);
  const whole = roundOf(fragments, options);
  const pending = fragments.reduce((sum, fragment) => sum + fragment.pending, 0);
  const { stale, more } = await findStale(table, version, mostStale, signal);
  const budget = limitRows === undefined ? Infinity : Math.max(0, limitRows - handled);
  const plan = limitPlan(whole, budget);
  const elsewhere = pending - whole.rows;
  if (planned !== null) {
    // Stale rows are nobody's unit: they keep the version from being complete, and are left to be found.
    const { rows } = plan;
    return { plan, staleKeys: [], rows, left: whole.rows, elsewhere: elsewhere + stale.length, more: false };
  }
  const staleKeys = stale.slice(0, budget - plan.rows);
  const rows = plan.rows + staleKeys.length;
  return { plan, staleKeys, rows, left: whole.rows + stale.length, elsewhere, more };
}

/** What this process has to do in fragments that have rows to do. */
function roundOf(
  fragments: readonly FragmentRows[],
  { version, shard, planned, hits, memoryBytes }: FindWorkOptions,
): RoundPlan {
  const { dimensions } = version.space;
  if (planned !== null) return plannedRound(unitsOfShard(planned, shard), fragments, memoryBytes, dimensions);
  const ours = shard === undefined ? fragments : fragments.filter(({ id }) => inShard(id, shard));
  const ordered = hits === null ? ours : hottestFirst(ours, hits);
  return planRound(ordered, boundsWithin(memoryBytes, dimensions, fragments));
}

/** Stale rows, up to the bound of a round, and whether there are more. */
async function findStale(
  table: StoredTable,
  version: VersionRecord,
  most: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly stale: readonly Key[]; readonly more: boolean }> {
  const stale: Key[] = [];
  for await (const keys of table.staleKeys(version, signal)) {
    for (const key of keys) {
      if (stale.length === most) return { stale, more: true };
      stale.push(key);
    }
  }
  return { stale, more: false };
}
