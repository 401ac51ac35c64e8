import type { RoundPlan, Unit } from "../core/plan.ts";
import type { FragmentRows } from "../core/ports.ts";

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
 * A merge holds five to six times its source in memory while it joins: 112 MiB is one fragment of
 * ours at 768 dimensions, in about 600 MB. A larger fragment is written in parts, each of which
 * rewrites its column file.
 */
const mergeBytes = 112 * 1024 * 1024;

/** The usual bounds for vectors of so many dimensions. */
export function usualBounds(dimensions: number): RoundBounds {
  return { dimensions, unitBytes, mergeBytes };
}

/**
 * Groups fragments with rows to handle into units, in order of their ids. A fragment is never split
 * over units, and over merges only where it exceeds one.
 */
export function planRound(fragments: readonly FragmentRows[], bounds: RoundBounds): RoundPlan {
  const bytesPerRow = bounds.dimensions * Float32Array.BYTES_PER_ELEMENT;
  const unitRows = Math.max(1, Math.floor(bounds.unitBytes / bytesPerRow));
  const mergeRows = Math.max(1, Math.floor(bounds.mergeBytes / bytesPerRow));
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
