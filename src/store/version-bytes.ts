import { bytesPerValue } from "../core/vector-type.ts";
import type { VersionRecord } from "../core/version.ts";

/** Bytes of the source hash and of the time that stand beside each vector. */
export const companionBytes = 16;

/** Bytes that a version's columns take for so many rows: Lance stores vectors as they are. */
export function versionBytes(version: VersionRecord, rows: number): number {
  return rows * rowBytes(version);
}

/** Bytes of one row of a version. */
export function rowBytes(version: VersionRecord): number {
  return version.space.dimensions * bytesPerValue[version.vectorType] + companionBytes;
}
