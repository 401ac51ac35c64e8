/** Searching a table through the door: what is asked, and what is answered. */
import type { VersionRecord } from "./version.ts";
import type { Key } from "./words.ts";

/**
 * `vector`: by nearness in one space. `text`: by words, through the full-text index. `hybrid`: both,
 * joined by rank.
 */
export const searchModes = ["vector", "text", "hybrid"] as const;
export type SearchMode = (typeof searchModes)[number];

/**
 * What becomes of rows that the searched version has no vector for yet. `report`: their number is
 * told. `fuse`: they are searched in the version before, with that version's own model, and the two
 * lists are joined by rank.
 */
export const missingPolicies = ["report", "fuse"] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

/** A query in words, or a vector with the space that it is of; a hybrid search may be given both. */
export interface SearchVerbRequest {
  readonly text?: string | undefined;
  /** Shape: `[dimensions]`. */
  readonly vector?: Float32Array | readonly number[] | undefined;
  /** Space of `vector`: refused unless it is that of the version that is searched. */
  readonly spaceId?: string | undefined;
  readonly limit: number;
  /** @default the active version */
  readonly version?: string | undefined;
  /** A SQL filter on the table's columns, applied before the search. */
  readonly where?: string | undefined;
  /** Scan every vector instead of using the index. */
  readonly exact: boolean;
  /** @default "vector" */
  readonly mode?: SearchMode | undefined;
  /** @default the setting `search.missing`; for a vector alone "report" */
  readonly missing?: MissingPolicy | undefined;
  /** Compares so many times `limit` candidates of a compressed index by their full vectors. @default by the index */
  readonly refineFactor?: number | undefined;
}

export interface FoundRow {
  readonly key: Key;
  /** Cosine distance, 0 to 2, in the space of `version`; null for a row that only its words found. */
  readonly distance: number | null;
  /** The version whose vectors found it; null for a row that only its words found. */
  readonly version: string | null;
  /** Sum of reciprocal ranks; only where lists were joined, which is by rank and never by distance. */
  readonly score?: number | undefined;
  readonly row: Readonly<Record<string, unknown>>;
}

export interface SearchResult {
  readonly version: string;
  readonly spaceId: string;
  readonly hits: readonly FoundRow[];
  /** Whether a vector of the query was kept from an earlier search, and the model not asked for it. */
  readonly fromCache: boolean;
  readonly missing: {
    /** Rows that the version has no vector for yet: it cannot find them. */
    readonly rows: number;
    /** The version that found rows among them instead; null where none was asked. */
    readonly servedBy: string | null;
    /** Why the version that would find them was not asked; absent where it was, or none was wanted. */
    readonly reason?: string;
  };
  readonly latencyMs: number;
}

/** A search of one column, as the store carries it out. */
export interface SearchRequest {
  readonly column: string;
  /** Searches the table as it was at this version, for one that was resolved from a snapshot. @default the latest */
  readonly tableVersion?: number | undefined;
  /** Shape: `[dimensions]`. */
  readonly vector: Float32Array;
  readonly limit: number;
  /** A SQL filter on the table's columns, applied before the search. */
  readonly where?: string | undefined;
  /** Only rows that this version has not handled yet. */
  readonly missingFrom?: VersionRecord | undefined;
  /** Only rows that this version has handled: others may write into its column without saying so. */
  readonly handledBy?: VersionRecord | undefined;
  /** Scan every vector instead of using the index. */
  readonly exact?: boolean | undefined;
  /** @default by the index */
  readonly refineFactor?: number | undefined;
  /** Columns to return beside the key. */
  readonly columns: readonly string[];
}

export interface SearchHit {
  readonly key: Key;
  /** Cosine distance, 0 to 2. */
  readonly distance: number;
  /** The row's other columns that were asked for. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** A search of the text columns by words. */
export type TextSearchRequest = Pick<SearchRequest, "tableVersion" | "limit" | "where" | "columns"> & {
  readonly text: string;
};

export interface TextHit {
  readonly key: Key;
  /** BM25: higher is better. */
  readonly score: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The full-text indexes of a table's text columns, taken together. */
export interface TextIndex {
  readonly columns: readonly string[];
  readonly indexedRows: number;
  readonly unindexedRows: number;
}
