import { readFile } from "node:fs/promises";
import type { ProviderState } from "../provider-state.ts";
import { batchPhase, type BatchPhase, windowMs } from "./batch-phase.ts";
import { type BatchOutcome, carryOutBatch, type UndoneReason } from "./carry-out-batch.ts";
import type { FileStore, MockFile } from "./file-store.ts";
import { type BatchInput, readBatchInput } from "./read-batch-input.ts";

/** A batch that was accepted. */
interface Batch {
  readonly id: string;
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly metadata: unknown;
  readonly createdMs: number;
  readonly input: BatchInput;
  cancelledMs: number | null;
  outcome:
    | { readonly state: "none" | "under-way" }
    | { readonly state: "done"; readonly outcome: BatchOutcome };
}

/** Every batch of a server, and where each stands. */
export interface BatchBook {
  create(input: MockFile, endpoint: string, metadata: unknown): Promise<object>;
  /** The batch as clients see it; undefined where there is none. */
  read(id: string): object | undefined;
  /** In order of creation, the newest first. */
  list(): readonly object[];
  cancel(id: string): object | undefined;
}

/** How a batch that ends early calls what it did not do. */
const undoneReasons: Readonly<Partial<Record<BatchPhase["status"], UndoneReason>>> = {
  expired: "batch_expired",
  cancelled: "batch_cancelled",
};

/** An empty book. */
export function openBatchBook(files: FileStore, state: ProviderState): BatchBook {
  const batches = new Map<string, Batch>();

  function phaseOf(batch: Batch): BatchPhase {
    const { input } = batch;
    const size = { requests: input.requests.length, valid: input.errors.length === 0 };
    const phase = batchPhase(batch, size, state.settings.batches, state.clock.nowMs());
    const ended = phase.status === "completed" || phase.status === "expired" || phase.status === "cancelled";
    if (!ended || batch.outcome.state === "done") return phase;
    if (batch.outcome.state === "none") startWork(batch, phase);
    // The clock may be ahead of the work; until its files are there the batch is not over.
    return { ...phase, status: phase.status === "cancelled" ? "cancelling" : "finalizing" };
  }

  function startWork(batch: Batch, { done, status }: BatchPhase): void {
    batch.outcome = { state: "under-way" };
    const undone = undoneReasons[status] ?? "batch_expired";
    carryOutBatch({ id: batch.id, requests: batch.input.requests, done, undone }, files, state).then(
      (outcome) => {
        batch.outcome = { state: "done", outcome };
        return outcome;
      },
      () => {
        // The server ends, or the disk is full: the next look tries again.
        batch.outcome = { state: "none" };
      },
    );
  }

  function describe(batch: Batch): object {
    const { status, done, reachedMs } = phaseOf(batch);
    const outcome = batch.outcome.state === "done" ? batch.outcome.outcome : null;
    const failed = status === "failed";
    return {
      id: batch.id,
      object: "batch",
      endpoint: batch.endpoint,
      errors: failed ? { object: "list", data: batch.input.errors } : null,
      input_file_id: batch.inputFileId,
      completion_window: "24h",
      status,
      output_file_id: outcome?.output?.id ?? null,
      error_file_id: outcome?.errors?.id ?? null,
      created_at: secondsOf(batch.createdMs),
      in_progress_at: secondsOf(reachedMs.in_progress),
      expires_at: secondsOf(batch.createdMs + windowMs),
      finalizing_at: secondsOf(reachedMs.finalizing),
      completed_at: outcome === null ? null : secondsOf(reachedMs.completed),
      failed_at: secondsOf(reachedMs.failed),
      expired_at: outcome === null ? null : secondsOf(reachedMs.expired),
      cancelling_at: secondsOf(reachedMs.cancelling),
      cancelled_at: outcome === null ? null : secondsOf(reachedMs.cancelled),
      request_counts: {
        total: failed ? 0 : batch.input.requests.length,
        completed: outcome?.completed ?? done,
        failed: outcome?.failed ?? 0,
      },
      metadata: batch.metadata ?? null,
    };
  }

  return {
    async create(file, endpoint, metadata) {
      const input = readBatchInput(await readFile(file.path, "utf8"), endpoint);
      const id = `batch_mock${batches.size + 1}`;
      const createdMs = state.clock.nowMs();
      const batch: Batch = {
        id,
        endpoint,
        inputFileId: file.id,
        metadata,
        createdMs,
        input,
        cancelledMs: null,
        outcome: { state: "none" },
      };
      batches.set(id, batch);
      state.ledger.batch();
      return describe(batch);
    },
    read(id) {
      const batch = batches.get(id);
      return batch === undefined ? undefined : describe(batch);
    },
    list: () => [...batches.values()].toReversed().map(describe),
    cancel(id) {
      const batch = batches.get(id);
      if (batch === undefined) return undefined;
      const { status } = phaseOf(batch);
      if (status === "validating" || status === "in_progress") batch.cancelledMs = state.clock.nowMs();
      return describe(batch);
    },
  };
}

/** Whole seconds since the epoch, as the API has them; null where it did not come to that. */
function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1_000);
}
