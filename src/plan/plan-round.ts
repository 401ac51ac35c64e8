import type { RoundPlan, Unit } from "../core/plan.ts";
import type { FragmentRows } from "../core/ports.ts";

/**
 * Vector bytes of one merge at most. A merge holds five to six times its source in memory while it
 * joins, so this keeps it under 400 MB.
 * Source: measured with LanceDB 0.39; its join must also fit the pool that the store sets.
 */
export const defaultMergeBytes: number = 64 * 1024 * 1024;

/**
 * Groups fragments with rows to handle into units of at most one merge each, in order of their ids,
 * never splitting a fragment but where its rows alone exceed a merge.
 */
export function planRound(
  fragments: readonly FragmentRows[],
  options: { readonly dimensions: number; readonly mergeBytes: number },
): RoundPlan {
  const bytesPerRow = options.dimensions * Float32Array.BYTES_PER_ELEMENT;
  const mergeRows = Math.max(1, Math.floor(options.mergeBytes / bytesPerRow));
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
    if (rows + fragment.pending > mergeRows) close();
    fragmentIds.push(fragment.id);
    rows += fragment.pending;
  }
  close();

  return { units, rows: units.reduce((sum, unit) => sum + unit.rows, 0), mergeRows };
}
