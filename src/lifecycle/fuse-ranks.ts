/**
 * Added to each rank, so that the first places of a list do not outweigh all else.
 * Source: Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion", k = 60.
 */
const rankOffset = 60;

/** An item with its place in the joined list. */
export interface Fused<Item> {
  /** The item as the first list that has it gave it. */
  readonly item: Item;
  /** Sum of reciprocal ranks over the lists. */
  readonly score: number;
}

/**
 * Joins ranked lists by rank alone: scores of different lists, such as distances of two spaces, have
 * no common measure. Ties are in the order of the lists.
 */
export function fuseRanks<Item>(
  lists: readonly (readonly Item[])[],
  idOf: (item: Item) => string,
): Fused<Item>[] {
  const fused = new Map<string, { readonly item: Item; score: number }>();
  for (const list of lists) {
    for (const [rank, item] of list.entries()) {
      const id = idOf(item);
      const entry = fused.get(id) ?? { item, score: 0 };
      entry.score += 1 / (rankOffset + rank + 1);
      fused.set(id, entry);
    }
  }
  // A stable sort: of equal scores the one that was met first comes first.
  return [...fused.values()].toSorted((a, b) => b.score - a.score);
}
