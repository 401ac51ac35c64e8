import type { IndexType } from "../core/ports.ts";

/** How hard a search tries, in the terms of each kind of index. */
export interface SearchEffort {
  readonly nprobes?: number;
  readonly refineFactor?: number;
  readonly ef?: number;
}

/**
 * Rows below which a scan is fast enough to need no index.
 * Source: scripts/measure-store.ts: an exact search of 10,000 rows x 384 takes a few milliseconds.
 */
export const smallestIndexedRows = 10_000;

/** LanceDB's names of vector index types, and ours. */
const typeNames: Readonly<Record<string, Exclude<IndexType, "none">>> = {
  IvfFlat: "ivf_flat",
  IvfPq: "ivf_pq",
  IvfHnswSq: "hnsw_sq",
};

/** Our name of an index type as LanceDB reports it; its own where we have none. */
export function indexTypeName(lanceName: string): string {
  return typeNames[lanceName] ?? lanceName;
}

/** The type that `auto` chooses for so many rows with a vector. */
export function autoIndexType(vectors: number): IndexType {
  return vectors < smallestIndexedRows ? "none" : "ivf_flat";
}

/** Partitions: about as many as rows in each, within what k-means trains quickly. */
export function partitionsFor(vectors: number): number {
  return Math.max(1, Math.min(4096, Math.round(Math.sqrt(vectors) / 2)));
}

/** The effort that reaches a recall@10 of 0.98, by type of index. */
export function searchEffort(lanceType: string | null, indexedRows: number, limit: number): SearchEffort {
  const nprobes = Math.max(20, Math.ceil(partitionsFor(indexedRows) / 4));
  switch (lanceType) {
    case "IvfFlat":
      return { nprobes };
    case "IvfPq":
      return { nprobes, refineFactor: 20 };
    case "IvfHnswSq":
      return { nprobes, ef: Math.max(200, 4 * limit), refineFactor: 2 };
    default:
      return {};
  }
}

/** Vectors below which product quantisation cannot train. Source: Lance refuses fewer than 256. */
export const smallestPqVectors = 256;
