import type { FragmentHits, HitCoverage, HitPrefix } from "../core/hits.ts";
import type { RoundPlan } from "../core/plan.ts";
import type { FragmentRows } from "../core/ports.ts";

/** Parts of the units that a coverage is told for. */
const parts = 10;

/**
 * Fragments in the order in which embedding them is worth most: by hits for each row to be embedded. Those
 * that nobody asks for follow in order of their ids, and so do fragments that are newer than the hits.
 */
export function hottestFirst(
  fragments: readonly FragmentRows[],
  hits: readonly FragmentHits[],
): FragmentRows[] {
  const pendingHits = new Map(hits.map(({ id, pending }) => [id, pending]));
  const heat = ({ id, pending }: FragmentRows): number =>
    pending === 0 ? 0 : (pendingHits.get(id) ?? 0) / pending;
  return fragments.toSorted((a, b) => heat(b) - heat(a) || a.id - b.id);
}

/** How many of the hits the first units of a plan answer. */
export function hitCoverage({ units }: RoundPlan, hits: readonly FragmentHits[]): HitCoverage {
  const pendingHits = new Map(hits.map(({ id, pending }) => [id, pending]));
  const handled = hits.reduce((sum, fragment) => sum + fragment.handled, 0);
  const total = hits.reduce((sum, fragment) => sum + fragment.pending, handled);
  const shareOf = (count: number): number => (total === 0 ? 0 : count / total);
  const ends = new Set(
    Array.from({ length: parts }, (_, part) => Math.ceil(((part + 1) * units.length) / parts)),
  );
  const prefixes: HitPrefix[] = [];
  let rows = 0;
  let answered = handled;
  for (const [position, unit] of units.entries()) {
    rows += unit.rows;
    answered += unit.fragmentIds.reduce((sum, id) => sum + (pendingHits.get(id) ?? 0), 0);
    if (ends.has(position + 1)) prefixes.push({ units: position + 1, rows, share: shareOf(answered) });
  }
  return { hits: total, handledShare: shareOf(handled), prefixes };
}
