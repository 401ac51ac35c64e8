/** The doctor: what `check` takes, and what it finds. */
import type { QueryCacheSize } from "./query-cache.ts";

/** Every check by its name, in the order in which they run. */
export const checkNames = [
  "pins",
  "mix",
  "canary",
  "stale",
  "coverage",
  "backup",
  "retire",
  "deprecations",
  "lineage",
] as const;
export type CheckName = (typeof checkNames)[number];

export interface CheckRequest {
  /** @default all of them */
  readonly only?: readonly CheckName[] | undefined;
  /** Rows of each version that are embedded again to see whether its model made them. */
  readonly sample: number;
}

export interface Finding {
  readonly check: CheckName;
  /** `error`: searches answer, or would answer, with vectors of two spaces, or not at all. */
  readonly level: "error" | "warning";
  /** The version that it is about; null for the whole table. */
  readonly version: string | null;
  /** A sentence. */
  readonly message: string;
  /** The command that mends it; null where no command does. */
  readonly fix: string | null;
}

export interface CheckResult {
  readonly table: string;
  /** Checks that were made. */
  readonly checked: readonly CheckName[];
  /** Errors first. */
  readonly findings: readonly Finding[];
  /** Kept vectors of queries, of all tables of the state folder; null where they are not kept. */
  readonly queryCache: QueryCacheSize | null;
  readonly seconds: number;
}
