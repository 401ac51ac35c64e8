/**
 * Vectors below which an exact search takes a few milliseconds and no index is worth building.
 * Source: the table of measurements in `store/vector-index-policy.ts`, 47 ms for 117,000.
 */
export const smallestIndexedVectors = 10_000;

/**
 * Whether a version's searches scan so many rows that its index should take them in.
 * @param unindexedRows rows that its index lacks; null where it has none
 * @param rows of the table
 */
export function isIndexDue(unindexedRows: number | null, rows: number): boolean {
  return (unindexedRows ?? rows) >= smallestIndexedVectors;
}
