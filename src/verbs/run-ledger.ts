import type { BatchLedger } from "../core/batch.ts";
import type { Lane } from "../core/ports.ts";
import { ReembedError } from "../core/errors.ts";
import { type Ledger, ledgerSince } from "../core/provider.ts";

/** What a run asks of a provider, read off the lane that it uses and the batches it had carried out. */
export interface RunLedger {
  /** From now on what this lane does is the run's; once is enough. */
  watch(lane: Lane): void;
  addBatches(batches: BatchLedger): void;
  /** Null where no provider is asked. */
  read(): Ledger | null;
  /** What a run stops with, and in its details as `ledger` what had been spent by then. */
  toldIn(thrown: unknown): unknown;
}

const nothing: Ledger = { requests: 0, retries: 0, failures: {}, tokens: 0, tokensUnanswered: 0, cost: 0 };

/** A ledger of one run; a lane may have served others before. */
export function createRunLedger(): RunLedger {
  let watched: { readonly lane: Lane; readonly before: Ledger | undefined } | null = null;
  let batch: BatchLedger | null = null;
  function read(): Ledger | null {
    const before = watched?.before;
    const after = watched?.lane.stats.ledger;
    const live = before === undefined || after === undefined ? null : ledgerSince(before, after);
    if (batch === null) return live;
    const { tokens, cost } = live ?? nothing;
    return {
      ...(live ?? nothing),
      tokens: tokens + batch.tokens,
      cost: cost === null || batch.cost === null ? null : cost + batch.cost,
      batch,
    };
  }

  return {
    watch(lane) {
      if (watched?.lane !== lane) watched = { lane, before: lane.stats.ledger };
    },
    addBatches(batches) {
      batch = batches;
    },
    read,
    toldIn(thrown) {
      const ledger = read();
      if (ledger === null) return thrown;
      const { code, message, details } = ReembedError.from(thrown);
      return new ReembedError(code, message, { details: { ...details, ledger }, cause: thrown });
    },
  };
}
