import type { Field, Schema } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import type { LeaseItem } from "../core/leases.ts";
import { leaseEntry } from "./registry.ts";

/** One process's leases on one version, as they stand in the table. */
export interface LeaseRecord {
  /** Unique to one run. */
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  /** The pid's namespace where the system has such; null elsewhere. */
  readonly pidSpace: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly items: readonly LeaseItem[];
}

/**
 * How far the clocks of two machines may differ. A lease is taken over only so long after its end, by
 * the taker's clock, while its holder stops counting on it well before.
 */
export const clockToleranceMs = 15_000;

/** How the present asks whether a process is gone; null where it cannot be asked from here. */
export type IsGone = (record: LeaseRecord) => boolean | null;

/** The leases of a version, from the metadata of its hash column. @throws REEMBED_STORE_METADATA */
export function readLeases(schema: Schema, hashColumn: string): LeaseRecord[] {
  const field = schema.fields.find((candidate) => candidate.name === hashColumn);
  return field === undefined ? [] : leasesOf(field);
}

/** The leases of every version of a table. */
export function readAllLeases(schema: Schema): LeaseRecord[] {
  return schema.fields.flatMap(leasesOf);
}

function leasesOf(field: Field): LeaseRecord[] {
  const text = field.metadata.get(leaseEntry);
  if (text === undefined) return [];
  try {
    return JSON.parse(text) as LeaseRecord[];
  } catch (error) {
    throw new ReembedError(
      "REEMBED_STORE_METADATA",
      `the metadata ${leaseEntry} of column ${field.name} cannot be read: ${error instanceof Error ? error.message : String(error)}; remove that entry when no backfill runs`,
      { details: { column: field.name, entry: leaseEntry } },
    );
  }
}

/** Records whose leases hold: not expired, and not of a process that is known to be gone. Pure. */
export function liveLeases(records: readonly LeaseRecord[], nowMs: number, isGone: IsGone): LeaseRecord[] {
  return records.filter(
    (record) => isGone(record) !== true && nowMs <= record.expiresAtMs + clockToleranceMs,
  );
}

/** The first `most` groups of which no item is held by the others. Pure. */
export function freeGroups(
  groups: readonly (readonly LeaseItem[])[],
  others: readonly LeaseRecord[],
  most: number,
): number[] {
  const held = new Set(others.flatMap((record) => record.items));
  const free: number[] = [];
  for (const [position, group] of groups.entries()) {
    if (free.length >= most) break;
    if (!group.some((item) => held.has(item))) free.push(position);
  }
  return free;
}
