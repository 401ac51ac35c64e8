/** The verbs that write rows: ingest, write, update, delete. */
import type { WriteMode } from "./row-writes.ts";
import type { OnEmpty, SourceFormat } from "./verbs.ts";

/** What to do when the model of a version cannot be had: refuse, or leave its part for catching up. */
export const onUnavailableChoices = ["refuse", "mark"] as const;
export type OnUnavailable = (typeof onUnavailableChoices)[number];

interface WritePolicy {
  readonly mode: WriteMode;
  readonly onUnavailable: OnUnavailable;
  /** What to do with a text that cannot have a vector. @default the configuration's */
  readonly onEmpty?: OnEmpty | undefined;
  readonly workers?: number | undefined;
}

export interface IngestRequest extends WritePolicy {
  /** Paths, or `-` for standard input. */
  readonly sources: readonly string[];
  readonly format: SourceFormat;
}

export interface WriteRequest extends WritePolicy {
  /** Rows by column; columns that are left out are null. Integers may be numbers or bigints. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Rows of which some columns change: each names its key, and all the same others. */
export type UpdateRequest = Omit<WriteRequest, "mode">;

/** What one version got of the rows. */
export interface VersionWrite {
  readonly version: string;
  readonly spaceId: string;
  /** Rows with a vector; duplicates of a text included. */
  readonly embedded: number;
  /** Rows that cannot have one. */
  readonly skipped: number;
  /** Rows left for catching up, since the version's model could not be had. */
  readonly marked: number;
  /** Rows of the table that its index does not hold: searches scan them. Null where it has no index. */
  readonly unindexedRows: number | null;
  /** Whether so many rows are scanned that searches are slow: `index` takes them in. */
  readonly indexDue: boolean;
}

export interface WriteResult {
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  /** In order of creation: every version that takes vectors of new rows. */
  readonly versions: readonly VersionWrite[];
  readonly commits: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}

export interface DeleteRequest {
  /** Keys as they are written; numbers for a table whose keys are integers. */
  readonly keys?: readonly (string | number | bigint)[] | undefined;
  /** A SQL filter on the table's columns. */
  readonly where?: string | undefined;
}

export interface DeleteResult {
  readonly rows: number;
  readonly tableVersion: number;
}
