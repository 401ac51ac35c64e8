/** A version of a table, and what this process had committed by then. */
export interface TableMoment {
  readonly tableVersion: number;
  readonly ownCommits: number;
}

/** Telling this process's commits to a table from those of others. */
export interface TableMoments {
  now(): Promise<TableMoment>;
  /** The table's version now if every commit since was made here; null where others did, or may have. */
  undisturbedSince(moment: TableMoment): Promise<number | null>;
}
