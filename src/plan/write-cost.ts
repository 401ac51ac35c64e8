import type { RoundPlan } from "../core/plan.ts";
import type { FragmentRows } from "../core/ports.ts";
import { rowBytes, type StoredVectors } from "./storage-estimate.ts";

export interface WriteCost {
  readonly merges: number;
  /** Vector bytes that the merges write. */
  readonly bytesWritten: number;
  /** `bytesWritten` over the bytes of the columns of the fragments that are touched; 1 for none. */
  readonly writeAmplification: number;
}

/**
 * What a round writes. A merge writes the whole column file of every fragment that it touches, so a
 * fragment that takes several merges is written as often.
 */
export function writeCost(
  { units }: RoundPlan,
  fragments: readonly FragmentRows[],
  vectors: StoredVectors,
): WriteCost {
  const rowsOf = new Map(fragments.map((fragment) => [fragment.id, fragment.rows]));
  const [merges, once, written] = units.reduce(
    ([mergesSoFar, onceSoFar, writtenSoFar], unit) => {
      const bytes = unit.fragmentIds.reduce((sum, id) => sum + (rowsOf.get(id) ?? 0), 0) * rowBytes(vectors);
      return [mergesSoFar + unit.merges, onceSoFar + bytes, writtenSoFar + bytes * unit.merges];
    },
    [0, 0, 0] as [number, number, number],
  );
  return { merges, bytesWritten: written, writeAmplification: once === 0 ? 1 : written / once };
}
