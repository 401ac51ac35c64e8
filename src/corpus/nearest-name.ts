/**
 * The name that was most likely meant: equal but for case, or else the one that the fewest edits
 * lead to, if these are at most a third of its length. Null where none is near.
 */
export function nearestName(wanted: string, names: readonly string[]): string | null {
  const folded = wanted.toLowerCase();
  const ranked = names
    .map((name) => ({ name, edits: editDistance(folded, name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (best === undefined) return null;
  return best.edits <= Math.ceil(Math.max(best.name.length, wanted.length) / 3) ? best.name : null;
}

/** Insertions, deletions and replacements from one text to another. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
