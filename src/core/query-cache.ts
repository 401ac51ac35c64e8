/** Vectors of queries that outlive the process, so that known ones are answered while a model cannot be had. */
import type { VersionRecord } from "./version.ts";

/** The space that a kept vector is of, and how long it is. */
export type KeptSpace = Pick<VersionRecord, "spaceId"> & {
  readonly space: { readonly dimensions: number };
};

/** What a cache holds, of all spaces. */
export interface QueryCacheSize {
  readonly folder: string;
  readonly queries: number;
  readonly bytes: number;
  readonly limitBytes: number;
}

/** A cache that several processes may share. Losing an entry costs a question to the model, never an answer. */
export interface QueryCache {
  /** Shape: `[dimensions]`. Null where no whole entry of exactly this space and text is held. */
  find(space: KeptSpace, text: string): Promise<Float32Array | null>;
  /** Keeps a vector in the background. Owner: the cache. */
  keep(space: KeptSpace, text: string, vector: Float32Array): void;
  /** Removes every entry of a space whose model gives other vectors now. */
  forget(spaceId: string): Promise<void>;
  size(): Promise<QueryCacheSize>;
  /** Why vectors cannot be kept, told once; null where they can. */
  takeFlaw(): string | null;
  /** Waits for what is being kept. */
  close(): Promise<void>;
}
