/** Where embedded rows go when no table takes them: a file, part files of a folder, a stream. */
import type { RecordBatch, Schema } from "apache-arrow";
import type { Space } from "./space.ts";
import type { OnEmpty } from "./verbs.ts";

/** Rows of a source with what was made of their texts. Owner: the output, until its write resolves. */
export interface EmbeddedBatch {
  readonly batch: RecordBatch;
  /** Shape: `[rows, dimensions]`, row-major; rows without a vector are all zero. */
  readonly vectors: Float32Array;
  /** 1 where the row has a vector; the others are null. Shape: `[rows]`. */
  readonly hasVector: Uint8Array;
  readonly sourceHashes: BigInt64Array;
}

/** What earlier runs left in an output. */
export interface DoneRows {
  /** Rows from the start of the sources on. */
  readonly rows: number;
  /** `chainHashes` over their source hashes, to tell a changed input. */
  readonly digest: bigint;
  /** Whether these are all rows of the sources. */
  readonly complete: boolean;
}

export interface EmbeddingOutput {
  readonly name: string;
  readonly format: "parquet" | "arrow";
  readonly done: DoneRows;
  /** False once nobody reads any more: what is written then goes nowhere. */
  readonly isRead: boolean;
  /** Takes rows in the order of the sources; one call at a time. @throws REEMBED_OUTPUT_WRITE_FAILED */
  write(rows: EmbeddedBatch): Promise<void>;
  /** Makes everything durable, under its final name. */
  finish(): Promise<void>;
  /** Ends early: part files keep the rows written, a single file is not left at all. */
  suspend(): Promise<void>;
  /** What this run wrote. */
  size(): OutputSize;
}

export interface OutputSize {
  readonly files: number;
  readonly bytes: number;
}

/** A stream that bytes can be written to, such as standard output. */
export interface ByteStream {
  /** `done` is called once the chunk is handed to the system, also where that failed. */
  write(chunk: Uint8Array, done: () => void): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: "drain", listener: () => void): unknown;
}

export interface OutputOptions {
  /** A file, a folder, or `-`. */
  readonly out: string;
  readonly format: "auto" | "parquet" | "arrow";
  readonly overwrite: boolean;
  readonly partRows: number;
  /** Columns of the sources. */
  readonly schema: Schema;
  readonly column: string;
  readonly text: readonly string[];
  readonly onEmpty: OnEmpty;
  readonly space: Space;
  /** The sources as they were named: what a folder of parts belongs to. */
  readonly sources: readonly string[];
}
