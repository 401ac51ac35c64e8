/**
 * The seams between rooms. Each is small enough that a fake of a few lines satisfies it. Arrow's
 * types are the one foreign name here, and only as types: Arrow is the currency of the data's way.
 */
import type { RecordBatch, Schema } from "apache-arrow";
import type { CanaryRecord } from "./canary.ts";
import type { FragmentHits, HitSource } from "./hits.ts";
import type { KeyColumn } from "./key-column.ts";
import type { Leases } from "./leases.ts";
import type { SearchHit, SearchRequest, TextHit, TextIndex, TextSearchRequest } from "./search.ts";
import type { HostedModel } from "./provider.ts";
import type { Lane } from "./lane.ts";
import type { Adoption, ForeignRows } from "./ports-adoption.ts";
import type { VectorReuse } from "./ports-reuse.ts";
import type { TableMoments } from "./ports-moment.ts";
import type { DeletedRows, RowSelection, RowWriter, RowWriterOptions } from "./row-writes.ts";
import type { Retirement } from "./ports-retirement.ts";
import type { Space } from "./space.ts";
import type { TextBatch } from "./text-batch.ts";
import type { VersionRecord } from "./version.ts";
import type { NewVersion, VersionChange } from "./version-changes.ts";
import type { CorpusColumns, Key } from "./words.ts";

export type * from "./lane.ts";

/** A corpus being read: one schema, then batches, each once, in order. */
export interface Source {
  /** What people call it: the path, or `stdin`. */
  readonly name: string;
  readonly schema: Schema;
  /** Bytes on disk, where known: for progress. */
  readonly totalBytes: number | null;
  /** Owner: each batch is the caller's. Ends early when the signal aborts. */
  batches(signal?: AbortSignal): AsyncIterable<SourceBatch>;
}

export interface SourceBatch {
  readonly batch: RecordBatch;
  /** File that the batch came from, and the number (from 1) of its first row in that file. */
  readonly file: string;
  readonly firstRow: number;
  /** Bytes of the source consumed so far, for progress. */
  readonly bytesRead: number;
}

/** A pinned, checked model, ready to be opened as a lane. */
export interface Model {
  /** The reference as it was written. */
  readonly reference: string;
  readonly space: Space;
  /** What people should know about it: no version pin, an unusual file. */
  readonly warnings: readonly string[];
  /** The model that this one was made from, where that is known. */
  readonly baseModel?: string | null | undefined;
  /** Pinned vectors of this space, or of the same on another class of CPU; null where none are yet. */
  readonly canary: CanaryRecord | null;
  /**
   * Keeps a record of this space for the next time, and answers where; null where it has one.
   * @throws REEMBED_CONFIG_UNREADABLE
   */
  readonly pinCanary: ((record: CanaryRecord) => Promise<string>) | null;
  /** What is known before anything is sent, of a model that a provider computes; absent for others. */
  readonly hosted?: HostedModel;
  /**
   * Opens a lane of so many workers, each checked against the pinned vectors unless these are what is
   * to be measured. Owner: whoever opened the model closes its lanes.
   */
  openLane(workers: number, options?: { readonly unchecked: boolean }): Promise<Lane>;
}

/** One fragment of a table as it stood in a snapshot. */
export interface FragmentRows {
  readonly id: number;
  /** Live rows. */
  readonly rows: number;
  /** Live rows that a version has still to handle: no source hash yet. */
  readonly pending: number;
}

/** What a table is, in one read of its manifest. */
export interface TableSnapshot {
  readonly name: string;
  readonly tableVersion: number;
  readonly rows: number;
  /** Null for a table that reembed has not imported or adopted. */
  readonly corpus: CorpusColumns | null;
  readonly schema: Schema;
  /** In order of creation; retired and abandoned ones included. */
  readonly versions: readonly VersionRecord[];
}

/** Rows of one fragment, for embedding. Both are parallel. */
export interface TextRows {
  readonly keys: KeyColumn;
  readonly texts: TextBatch;
}

/** Whole-fragment input of one column patch. Arrays are parallel. Owner: the store, until done. */
export interface PatchRows {
  readonly keys: KeyColumn;
  /** Shape: `[rows, dimensions]`, row-major; null leaves the vectors that are there and writes the rest. */
  readonly vectors: Float32Array | null;
  /** 1 where the row has a vector, 0 where it is skipped (null vector, null time, hash set). */
  readonly hasVector: Uint8Array;
  readonly sourceHashes: BigInt64Array;
  /** Milliseconds since the epoch: one time for the whole patch, or one for each row. */
  readonly embeddedAtMs: number | Float64Array;
}

export interface PatchResult {
  /** Rows updated; rows sent less rows deleted meanwhile. */
  readonly updated: number;
  readonly deletedMeanwhile: number;
  readonly tableVersion: number;
  readonly seconds: number;
  /** Seconds of `seconds` that went into refreshing the key's index. */
  readonly keyIndexSeconds: number;
}

/** Counts of one version's rows. `covered + skipped + pending` is the number of rows. */
export interface VersionCounts {
  readonly rows: number;
  /** Rows with a vector (fresh or stale). */
  readonly covered: number;
  /** Rows handled that cannot have a vector. */
  readonly skipped: number;
  /** Rows without a source hash: not handled yet. */
  readonly pending: number;
  /** When the newest vector was made, in milliseconds since the epoch; null where there is none. */
  readonly newestEmbeddedAtMs: number | null;
}

export type IndexType = "ivf_pq" | "ivf_flat" | "hnsw_sq" | "none";

export interface VectorIndex {
  readonly name: string;
  readonly type: string;
  readonly indexedRows: number;
  readonly unindexedRows: number;
}

/** A row found by its key. */
export interface StoredRow {
  readonly key: Key;
  /** The columns that were asked for. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** A database of tables. */
export interface Store {
  tableNames(): Promise<string[]>;
  /** @throws REEMBED_STORE_TABLE_MISSING, REEMBED_STORE_IMPORT_UNFINISHED */
  openTable(name: string): Promise<StoredTable>;
  /** Streams rows in; the table appears whole or not at all. */
  importer(options: ImportOptions): Promise<Importer>;
  /** Writes rows with the vectors of every live version. @throws REEMBED_CORPUS_SCHEMA_MISMATCH */
  rowWriter(options: RowWriterOptions): Promise<RowWriter>;
  dropTable(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ImportOptions {
  readonly table: string;
  readonly corpus: CorpusColumns;
  readonly schema: Schema;
  /** `create` refuses an existing table; `append` needs one, with the same columns. */
  readonly mode: "create" | "append";
}

/** Takes batches in; nothing is visible as a finished table until `commit`. */
export interface Importer {
  write(batch: SourceBatch): Promise<void>;
  /** Makes the rows part of the table. */
  commit(): Promise<{ readonly rows: number; readonly bytes: number }>;
  /** Leaves what was there before: no table, or the table it found. */
  abort(): Promise<void>;
}

/** One table. Every method reads the latest version of it. */
export interface StoredTable {
  readonly name: string;
  snapshot(): Promise<TableSnapshot>;

  /** Creates the version's three columns and its registry entry, in one commit where Lance can. */
  createVersion(request: NewVersion): Promise<VersionRecord>;
  /** Compare-and-set of states; several changes are one commit. @throws REEMBED_STORE_STATE */
  changeVersions(changes: readonly VersionChange[]): Promise<void>;
  /** Gives a version without a canary this one; one that is there stays. Answers the version as it stands. */
  pinCanary(name: string, canary: CanaryRecord): Promise<VersionRecord>;
  /** Makes a version the one that is kept as the backup, instead of whichever was. @throws REEMBED_STORE_STATE */
  nameBackup(name: string): Promise<void>;

  /**
   * Fragments with rows still to handle for a version, or for one not made yet (null), or all that have
   * rows with `every`; ascending by id.
   */
  fragments(version: VersionRecord | null, options?: { readonly every: boolean }): Promise<FragmentRows[]>;
  /**
   * Rows of the given fragments that the version has still to handle (or all of them with `every`, and
   * for a version that is not made yet), in batches of at most `batchRows`.
   */
  readTexts(
    version: VersionRecord | null,
    fragmentIds: readonly number[],
    options: {
      readonly every?: boolean;
      readonly batchRows: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): AsyncIterable<TextRows>;
  /** Hits on the rows of each fragment, by what a version has handled. @throws REEMBED_USAGE */
  hits(version: VersionRecord | null, source: HitSource): Promise<FragmentHits[]>;
  /** Rows with these keys, for catching up stale ones. */
  readTextsByKey(keys: readonly Key[]): Promise<TextRows>;
  /** Rows with these keys, with the columns asked for; missing keys are left out. */
  rowsByKey(keys: readonly Key[], columns: readonly string[]): Promise<StoredRow[]>;
  /** About so many documents, evenly spread over the table; all of them if it has fewer. */
  sampleTexts(rows: number): Promise<string[]>;
  /**
   * About so many rows of a version with texts and vectors, evenly spread, those left out whose text
   * changed since; `phase` (0 to 1) moves where it is read, so that samples differ.
   */
  sampleVersion(version: VersionRecord, rows: number, phase: number): Promise<ForeignRows>;
  /** Makes a table that something else wrote a corpus, by naming its columns. */
  setCorpus(corpus: CorpusColumns): Promise<void>;
  /** Keys whose stored source hash is set and differs from the hash of the present text. */
  staleKeys(version: VersionRecord, signal?: AbortSignal): AsyncIterable<readonly Key[]>;

  /** This process's leases on a version; each ends `leaseMs` after it was last renewed. */
  leases(version: VersionRecord, leaseMs: number): Leases;
  /** Refuses duplicate and null keys; makes sure of the key's BTREE. Run once before patches. */
  prepareForPatches(): Promise<void>;
  /** Writes one version's columns for these rows without touching any other column. */
  patch(version: VersionRecord, rows: PatchRows): Promise<PatchResult>;

  /** Deletes rows. @throws REEMBED_STORE_FILTER, REEMBED_USAGE */
  deleteRows(selection: RowSelection): Promise<DeletedRows>;
  counts(version: VersionRecord): Promise<VersionCounts>;
  /** Bytes of the version's column, computed from its rows and type. */
  versionBytes(version: VersionRecord): Promise<number>;
  vectorIndex(version: VersionRecord): Promise<VectorIndex | null>;
  /** Builds (or rebuilds) the version's vector index and waits until it covers all rows. */
  buildIndex(version: VersionRecord, type: IndexType | "auto"): Promise<VectorIndex | null>;

  search(request: SearchRequest): Promise<SearchHit[]>;
  /** By words, best first. @throws REEMBED_STORE_STATE where a text column has no full-text index */
  searchText(request: TextSearchRequest): Promise<TextHit[]>;
  /** Builds the full-text index of every text column, or brings it up to date. */
  buildTextIndex(): Promise<TextIndex>;
  /** Vectors of the version, in batches, for exact evaluation. */
  readVectors(
    version: VersionRecord,
    batchRows: number,
  ): AsyncIterable<{ keys: Key[]; vectors: Float32Array }>;
  /**
   * Removes the columns and the index of a retired or abandoned version; its record stays. Doing it
   * again changes nothing. Answers the bytes that the next clean-up of the table can free.
   * @throws REEMBED_STORE_STATE for a version in another state
   */
  dropVersionColumns(name: string): Promise<number>;
  /** Vectors that need not be computed. */
  readonly reuse: VectorReuse;
  /** Telling this process's commits from those of others. */
  readonly moments: TableMoments;
  /** Taking over vectors that something else wrote into this table. */
  readonly adoption: Adoption;
  /** Letting go of versions. */
  readonly retirement: Retirement;
  close(): void;
}
