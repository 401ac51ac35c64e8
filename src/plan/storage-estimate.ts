import { bytesPerValue, type VectorType } from "../core/vector-type.ts";
import type { VersionSummary } from "../core/verbs.ts";

export interface StorageEstimate {
  /** Vector bytes of all versions that have a column: now, while the new one exists beside them, and once only it is left. */
  readonly bytesNow: number;
  readonly bytesDuring: number;
  readonly bytesAfter: number;
}

/** Bytes per row that a version adds beside its vector: source hash and time, 8 bytes each. */
const companionBytes = 16;

export interface StoredVectors {
  readonly dimensions: number;
  readonly type: VectorType;
}

/** Bytes of a version's columns in one row. */
export function rowBytes({ dimensions, type }: StoredVectors): number {
  return dimensions * bytesPerValue[type] + companionBytes;
}

/**
 * Vector storage of a table before, during and after a migration to a version of such vectors.
 * @param rows of the table
 * @param existing the name of the version where its columns are there already
 */
export function estimateStorage(
  versions: readonly Pick<VersionSummary, "name" | "bytes">[],
  rows: number,
  vectors: StoredVectors,
  existing: string | null,
): StorageEstimate {
  const bytesAfter = rows * rowBytes(vectors);
  const others = versions.filter(({ name }) => name !== existing);
  return { bytesNow: sum(versions), bytesDuring: sum(others) + bytesAfter, bytesAfter };
}

function sum(versions: readonly Pick<VersionSummary, "bytes">[]): number {
  return versions.reduce((bytes, version) => bytes + version.bytes, 0);
}
