/** The verb `embed`: sources in, the same rows with vectors out, and no table between them. */
import type { BackfillResult, OnEmpty, SourceFormat } from "./verbs.ts";

/** `auto` goes by the name of the output. */
export const outputFormats = ["auto", "parquet", "arrow"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface EmbedRequest {
  /** Paths, or `-` for standard input. */
  readonly sources: readonly string[];
  readonly sourceFormat: SourceFormat;
  /** A model reference, as written. */
  readonly to: string;
  /** A file; a folder, which gets part files and can be gone on with; or `-` for standard output. */
  readonly out: string;
  readonly format: OutputFormat;
  /** Text columns, joined by one space in this order to make the text that is embedded. */
  readonly text: readonly [string, ...string[]];
  /** Name of the vector column; its source hash stands in `COLUMN__hash`. */
  readonly column: string;
  /** Rows of one part file. */
  readonly partRows: number;
  /** Replace an output file that is there already. */
  readonly overwrite: boolean;
  /** @default as many as cores that the process may use */
  readonly workers?: number | undefined;
  /** What to do with a text that cannot have a vector. @default "skip" */
  readonly onEmpty?: OnEmpty | undefined;
}

/** The counts of a backfill, for the rows of this run. `units` are files. */
export interface EmbedResult extends Omit<
  BackfillResult,
  "version" | "state" | "indexCoverage" | "stages" | "note"
> {
  readonly out: string;
  readonly format: "parquet" | "arrow";
  /** Bytes that this run wrote. */
  readonly bytes: number;
  /** Rows that an earlier run had written to the same folder. */
  readonly doneBefore: number;
  /** True where the reader of standard output went away before the end, as `head` does. */
  readonly readerGone: boolean;
}
