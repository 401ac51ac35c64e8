/** Who does what to a version while several processes fill it. */
import type { Unit } from "./plan.ts";

/**
 * What one process at a time may do to a version: fill a fragment, catch up with stale rows, have
 * batches carried out, or finish it.
 */
export type LeaseItem = `fragment:${number}` | "stale" | "batches" | "finish";

/** A process that holds leases now. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  readonly items: readonly LeaseItem[];
}

/**
 * The leases of one process on one version. A lease ends when it is let go, or when its holder has not
 * renewed it for the time agreed; it is renewed in the background while anything is held.
 */
export interface Leases {
  /** Whether another process was seen to work on the version, at the last take. */
  readonly inCompany: boolean;
  /**
   * Takes the first `most` of these groups that no other process holds a part of, each whole; writes
   * with the same commit what was let go. Answers their positions, ascending.
   * @throws REEMBED_STORE_CONFLICT
   */
  take(groups: readonly (readonly LeaseItem[])[], most: number): Promise<readonly number[]>;
  /** Makes sure that these are still ours for as long as a commit takes. @throws REEMBED_STORE_LEASE_LOST */
  confirm(items: readonly LeaseItem[]): Promise<void>;
  /** Lets go; others see it with the next take, renewal or close. */
  release(items: readonly LeaseItem[]): void;
  /** Other processes that hold leases now. */
  others(): Promise<readonly LeaseHolder[]>;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/**
 * A part of the work that is left to one process by choice: fragments whose id, or, of a plan that was made
 * before, units whose index leaves `index - 1` by `count`.
 */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** Whether a fragment or unit of this number is a shard's. Those that come later fall into shards in the same way. */
export function inShard(number: number, shard: Shard): boolean {
  return number % shard.count === shard.index - 1;
}

/** What a unit needs leases on. A unit of stale rows has rows of many fragments: one process does them all. */
export function leaseItems(unit: Unit): readonly LeaseItem[] {
  if (unit.fragmentIds.length === 0) return ["stale"];
  return unit.fragmentIds.map((id): LeaseItem => `fragment:${id}`);
}

/** A holder in words, for messages. */
export function describeHolder(holder: LeaseHolder): string {
  return `process ${holder.pid} on ${holder.host}`;
}
