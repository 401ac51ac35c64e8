import type { Lane } from "../core/ports.ts";
import { type Ledger, ledgerSince } from "../core/provider.ts";

/** What a run asks of a provider, read off the lane that it uses. */
export interface RunLedger {
  /** From now on what this lane does is the run's. */
  watch(lane: Lane): void;
  /** Null where no provider is asked. */
  read(): Ledger | null;
}

/** A ledger of one run; a lane may have served others before. */
export function createRunLedger(): RunLedger {
  let watched: { readonly lane: Lane; readonly before: Ledger } | null = null;
  return {
    watch(lane) {
      const before = lane.stats.ledger;
      watched = before === undefined ? null : { lane, before };
    },
    read() {
      const after = watched?.lane.stats.ledger;
      return watched === null || after === undefined ? null : ledgerSince(watched.before, after);
    },
  };
}
