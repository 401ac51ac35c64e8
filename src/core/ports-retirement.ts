/** What the store offers for letting go of versions. */
import type { VersionRecord } from "./version.ts";

export interface Reclaimed {
  /** Bytes of files removed. */
  readonly bytes: number;
  readonly tableVersionsRemoved: number;
}

export interface Retirement {
  /** Whether a version's own columns are still in the table: an archived one that has them was cut short. */
  hasColumns(version: VersionRecord): Promise<boolean>;
  /**
   * Rewrites what still holds dropped columns and removes files that no table version since then needs.
   * Readers of older table versions lose them. Files that a writer may be writing are left alone.
   * @throws REEMBED_STORE_WRITE_FAILED, REEMBED_STORE_CONFLICT
   */
  reclaim(since: Date): Promise<Reclaimed>;
}
