import type { VersionRecord } from "./version.ts";

/** Vectors that are held already of some texts. Arrays are parallel to the texts. Owner: the caller. */
export interface HeldVectors {
  /** 1 where the vector is held. Shape: `[texts]`. */
  readonly found: Uint8Array;
  /** Shape: `[texts, dimensions]`, row-major; zero where none is held. */
  readonly vectors: Float32Array;
}

/**
 * Vectors that a table holds already of texts that are to be embedded, found by the hashes of the
 * texts: only in columns of the very same space and type of values, so a copy is what computing gives.
 */
export interface VectorReuse {
  /**
   * Other versions with such a column, whatever became of them: made before, adopted, given up. Looks
   * at the table's schema alone.
   */
  donors(version: VersionRecord): Promise<readonly VersionRecord[]>;
  /**
   * Looks for texts in a column of `from`: in all rows, or in those of some fragments. Reads 8 bytes of
   * each row and the vectors that are found; null where none is. Vectors without a direction are left out.
   * @throws REEMBED_STORE_READ_FAILED
   */
  find(
    from: VersionRecord,
    hashes: BigInt64Array,
    fragmentIds: readonly number[] | null,
  ): Promise<HeldVectors | null>;
}
