/** What the jobs keep outside the table, between one run and the next. */

/** A lock that one run at a time holds. */
export interface JobsLock {
  /** Gives it back; another run may begin at once. */
  release(): Promise<void>;
}
