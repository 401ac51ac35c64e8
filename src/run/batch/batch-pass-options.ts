import type { BatchLane } from "../../core/batch.ts";
import type { BatchJournal } from "../../core/batch-journal.ts";
import type { Emit } from "../../core/events.ts";
import type { Lane, StoredTable } from "../../core/ports.ts";
import type { SpaceGuard } from "../../core/space-guard.ts";
import type { VectorSpool } from "../../core/spool.ts";
import type { VersionRecord } from "../../core/version.ts";

/** Everything that a pass of batches is told. */
export interface BatchPassOptions {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly lane: BatchLane;
  readonly journal: BatchJournal;
  /** Owner: the caller. */
  readonly spool: VectorSpool;
  /** For what has to be embedded at once, by a deadline. */
  readonly openLive: () => Promise<Lane>;
  readonly guard: SpaceGuard | null;
  /** What live requests would take for so many texts; null where the account's limits are not known. */
  readonly liveSeconds: (texts: number, tokens: number) => number | null;
  /** Milliseconds since the epoch; null where nothing hurries. */
  readonly deadlineMs: number | null;
  /** Stay until every batch has ended, or ask once and leave the rest under way. */
  readonly wait: boolean;
  /** Tokens that may be in batches at the same time; null: what refusals say. */
  readonly queueTokens: number | null;
  /** Tokens that may be paid for; null where nothing bounds them. */
  readonly budgetTokens: number | null;
  readonly limitRows: number | undefined;
  /** Time between two looks at the batches under way. */
  readonly pollMs: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}
