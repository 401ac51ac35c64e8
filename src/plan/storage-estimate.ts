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

/** Vector storage of a table before, during and after a migration to a version of such vectors. */
export function estimateStorage(
  versions: readonly Pick<VersionSummary, "bytes">[],
  rows: number,
  vectors: { readonly dimensions: number; readonly type: VectorType },
): StorageEstimate {
  const bytesNow = versions.reduce((sum, version) => sum + version.bytes, 0);
  const bytesAfter = rows * (vectors.dimensions * bytesPerValue[vectors.type] + companionBytes);
  return { bytesNow, bytesDuring: bytesNow + bytesAfter, bytesAfter };
}
