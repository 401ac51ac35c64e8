import { ReembedError } from "../core/errors.ts";
import { inShard, type Shard } from "../core/leases.ts";
import type { RoundPlan, Unit } from "../core/plan.ts";
import type { PlannedUnit } from "../core/plan-file.ts";
import type { FragmentRows } from "../core/ports.ts";
import { boundsWithin, mergeRowsOf } from "./plan-round.ts";

/** The units of a plan that are one process's part; all without a shard. */
export function unitsOfShard(
  units: readonly PlannedUnit[],
  shard: Shard | undefined,
): readonly PlannedUnit[] {
  return shard === undefined ? units : units.filter(({ index }) => inShard(index, shard));
}

/**
 * The units of a plan over the fragments that have rows to do now, in merges that stay within so much memory beside the
 * process and its model: rows are counted anew, and units with none left are left out. A unit is merged
 * as a whole, so its fragments together are what the memory has to do for.
 * @throws REEMBED_PLAN_MEMORY
 */
export function plannedRound(
  units: readonly PlannedUnit[],
  fragments: readonly FragmentRows[],
  memoryBytes: number,
  dimensions: number,
): RoundPlan {
  const present = new Map(fragments.map((fragment) => [fragment.id, fragment]));
  const open = units
    .map((unit) => {
      const touched = unit.fragments.flatMap(({ id }) => present.get(id) ?? []);
      return { id: unit.index, fragmentIds: touched.map(({ id }) => id), ...sumOf(touched) };
    })
    .filter(({ pending }) => pending > 0);
  const mergeRows = mergeRowsOf(boundsWithin(memoryBytes, dimensions, open));
  return {
    units: open.map(({ id, fragmentIds, pending }): Unit => ({
      index: id,
      fragmentIds,
      rows: pending,
      merges: Math.ceil(pending / mergeRows),
    })),
    rows: sumOf(open).pending,
    mergeRows,
  };
}

/**
 * Refuses a plan that the table has left behind: one of its fragments is gone, or has more to do than was
 * planned, so that carrying it out would not be what was planned.
 * @param fragments those that are done included
 * @throws REEMBED_PLAN_OUTDATED
 */
export function checkPlanned(units: readonly PlannedUnit[], fragments: readonly FragmentRows[]): void {
  const present = new Map(fragments.map((fragment) => [fragment.id, fragment]));
  for (const { index, fragments: planned } of units) {
    for (const { id, pending } of planned) {
      const now = present.get(id);
      if (now === undefined)
        throw outdated(index, id, "is gone: its rows were moved by a compaction, changed, or deleted");
      if (now.pending > pending)
        throw outdated(index, id, `has ${now.pending} rows without a vector, and ${pending} were planned`);
    }
  }
}

function outdated(unit: number, fragment: number, what: string): ReembedError {
  return new ReembedError(
    "REEMBED_PLAN_OUTDATED",
    `the table is not what was planned for any more: fragment ${fragment} of unit ${unit} ${what}. Make a new plan with reembed plan --out, or run reembed backfill without --plan`,
    { details: { unit, fragment } },
  );
}

function sumOf(
  fragments: readonly Pick<FragmentRows, "rows" | "pending">[],
): Pick<FragmentRows, "rows" | "pending"> {
  return {
    rows: fragments.reduce((sum, { rows }) => sum + rows, 0),
    pending: fragments.reduce((sum, { pending }) => sum + pending, 0),
  };
}
