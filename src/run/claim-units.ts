import { throwIfAborted } from "../core/errors.ts";
import { leaseItems, type Leases } from "../core/leases.ts";
import type { Unit } from "../core/plan.ts";
import type { StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";

/**
 * Units taken with one lease commit: few commits while there is much to do, and less and less towards
 * the end, so that processes that work side by side end side by side. Beside the commits of 8 merges
 * one more is hardly felt.
 */
const mostUnits = 8;
const shareOfUnits = 1 / 8;

/** Units to take at once while so many are open. */
export function unitsAtOnce(open: number): number {
  return Math.max(1, Math.min(mostUnits, Math.floor(open * shareOfUnits)));
}

export interface ClaimOptions {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly leases: Leases;
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes the units of a plan group by group and hands out those that are ours, until no unit is free.
 * In company, a group is compared with the table once it is ours: what another process has filled
 * since the plan was made is let go and left out, and rows it has left are counted anew.
 */
export async function* claimUnits(units: readonly Unit[], options: ClaimOptions): AsyncGenerator<Unit, void> {
  const { leases } = options;
  let open = units;
  while (open.length > 0) {
    throwIfAborted(options.signal);
    const taken = new Set(await leases.take(open.map(leaseItems), unitsAtOnce(open.length)));
    if (taken.size === 0) return;
    const ours = open.filter((_, position) => taken.has(position));
    open = open.filter((_, position) => !taken.has(position));
    if (!leases.inCompany) {
      yield* ours;
      continue;
    }
    const pending = await pendingRows(options);
    const stillPending = (unit: Unit): boolean => unit.fragmentIds.some((id) => pending.has(id));
    for (const unit of ours) {
      if (stillPending(unit)) yield { ...unit, rows: Math.min(unit.rows, rowsLeft(unit, pending)) };
      else leases.release(leaseItems(unit));
    }
    open = open.filter(stillPending);
  }
}

async function pendingRows(options: ClaimOptions): Promise<ReadonlyMap<number, number>> {
  const fragments = await options.table.fragments(options.version);
  return new Map(fragments.map((fragment) => [fragment.id, fragment.pending]));
}

function rowsLeft(unit: Unit, pending: ReadonlyMap<number, number>): number {
  return unit.fragmentIds.reduce((sum, id) => sum + (pending.get(id) ?? 0), 0);
}
