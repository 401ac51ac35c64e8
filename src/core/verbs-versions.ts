/** Looking into versions and letting go of them: what `inspect` and `retire` take and answer. */
import type { VersionState } from "./version.ts";

export interface InspectRequest {
  /** The key of a row; digits stand for an integer where the key is one. */
  readonly key: string;
  /** Answer the vectors too. */
  readonly vectors: boolean;
}

/** What one row says of itself in one version. The names with `_` are those that chunk stores use. */
export interface InspectedVersion {
  readonly name: string;
  readonly column: string;
  readonly state: VersionState;
  /** Reference of the model, as the version was made with. */
  readonly embedding_model: string;
  /** The version of this table that the vector belongs to. */
  readonly embedding_version: string;
  readonly spaceId: string;
  /** ISO 8601; null where the row has no vector. */
  readonly embedded_at: string | null;
  /** Whether the text changed since the version handled the row. */
  readonly stale: boolean;
  /** `pending`: not handled yet. `skipped`: handled, and its text cannot have a vector. */
  readonly status: "fresh" | "stale" | "skipped" | "pending";
  readonly vector?: readonly number[] | null;
}

export interface InspectResult {
  readonly table: string;
  readonly key: string | number | bigint;
  /** In order of creation; those that have lost their columns are left out. */
  readonly versions: readonly InspectedVersion[];
}

export interface RetireRequest {
  /** The version to let go of. @default every retiring one whose grace period is over */
  readonly version?: string | undefined;
  /** Before its grace period is over, or while another process still works on it. Needs `why`. */
  readonly force: boolean;
  /** Give up a version that never became active. Needs `version` and `why`. */
  readonly abandon: boolean;
  readonly why?: string | undefined;
  /** Leave the files to a later clean-up. */
  readonly dropOnly: boolean;
  readonly dryRun: boolean;
}

export interface RetiredVersion {
  readonly name: string;
  readonly column: string;
  /** Its state when this began, and when it was due. */
  readonly state: VersionState;
  readonly dueAt: string | null;
  readonly bytes: number;
}

export interface RetireResult {
  readonly table: string;
  readonly dryRun: boolean;
  /** Names, in order of creation. */
  readonly retired: readonly string[];
  readonly versions: readonly RetiredVersion[];
  /** Bytes of the columns that the table no longer holds, or would not hold. */
  readonly bytesFreed: number;
  /** Bytes of files that were removed just now: what no table version within the grace period needs. */
  readonly bytesReclaimed: number;
  readonly notes: readonly string[];
}
