/** What is to be done, as plain data that another process can read and carry out. */

/** Whole fragments whose rows are embedded and committed together. */
export interface Unit {
  /** Position in the plan, from 0. */
  readonly index: number;
  readonly fragmentIds: readonly number[];
  /** Rows to handle. */
  readonly rows: number;
  /**
   * Merges this unit is committed in: 1, unless one fragment's vectors exceed the bound of a merge.
   * Each merge beyond the first writes the fragment's column file once more.
   */
  readonly merges: number;
}

/** One round of a backfill. */
export interface RoundPlan {
  readonly units: readonly Unit[];
  readonly rows: number;
  /** Rows of one merge at most. */
  readonly mergeRows: number;
}
