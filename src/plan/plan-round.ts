import type { RoundPlan, Unit } from "../core/plan.ts";
import type { FragmentRows } from "../core/ports.ts";
import { mergeBytesWithin, piecesOf } from "./merge-memory.ts";

/** Bounds of units and merges, in vector bytes. */
export interface RoundBounds {
  readonly dimensions: number;
  /** Fragments are grouped into a unit up to so many bytes. */
  readonly unitBytes: number;
  /** One fragment is committed in one merge up to so many bytes. */
  readonly mergeBytes: number;
}

/**
 * Small units overlap: while one is written the next is embedded, and less is lost when a run is
 * killed. Source: 117,791 x 128 filled by a static model at 16, 32 and 64 MiB: 51, 44 and 45 thousand
 * rows a second; a merge's time is in proportion to its rows, so small ones cost nothing.
 */
const unitBytes = 16 * 1024 * 1024;

/**
 * The bounds of a round that stays within so much memory beside the process and its model.
 * @throws REEMBED_PLAN_MEMORY
 */
export function boundsWithin(
  memoryBytes: number,
  dimensions: number,
  fragments: readonly FragmentRows[],
): RoundBounds {
  const mergeBytes = mergeBytesWithin(memoryBytes, piecesOf(fragments, dimensions), unitBytes);
  return { dimensions, unitBytes: Math.min(unitBytes, mergeBytes), mergeBytes };
}

/**
 * Groups fragments with rows to handle into units, in the order in which they are given. A fragment is never split
 * over units, and over merges only where it exceeds one.
 */
export function planRound(fragments: readonly FragmentRows[], bounds: RoundBounds): RoundPlan {
  const unitRows = rowsIn(bounds.unitBytes, bounds.dimensions);
  const mergeRows = mergeRowsOf(bounds);
  const units: Unit[] = [];
  let fragmentIds: number[] = [];
  let rows = 0;

  const close = (): void => {
    if (rows === 0) return;
    units.push({ index: units.length, fragmentIds, rows, merges: Math.ceil(rows / mergeRows) });
    fragmentIds = [];
    rows = 0;
  };

  for (const fragment of fragments) {
    if (fragment.pending === 0) continue;
    if (rows + fragment.pending > unitRows) close();
    fragmentIds.push(fragment.id);
    rows += fragment.pending;
  }
  close();

  return { units, rows: units.reduce((sum, unit) => sum + unit.rows, 0), mergeRows };
}

/** Rows of one merge at most. */
export function mergeRowsOf({ mergeBytes, dimensions }: RoundBounds): number {
  return rowsIn(mergeBytes, dimensions);
}

function rowsIn(bytes: number, dimensions: number): number {
  return Math.max(1, Math.floor(bytes / (dimensions * Float32Array.BYTES_PER_ELEMENT)));
}
