import type { BatchLedger, BatchState, OutputVerdict } from "../../core/batch.ts";
import type { BatchEntry } from "../../core/batch-journal.ts";

const million = 1_000_000;

/** Counts what batches brought and cost. */
export interface BatchTally {
  readonly tokens: number;
  /** A batch ended. Answers with the tokens that it cost. */
  ended(entry: BatchEntry, state: BatchState, verdict: OutputVerdict): number;
  read(open: number): BatchLedger;
}

/** A tally that starts at nothing. @param usdPerMTokens null where the price is not known */
export function createBatchTally(usdPerMTokens: number | null): BatchTally {
  const ended: Partial<Record<BatchState, number>> = {};
  let texts = 0;
  let vectors = 0;
  let truncated = 0;
  let tokens = 0;

  return {
    get tokens() {
      return tokens;
    },
    ended(entry, state, verdict) {
      ended[state] = (ended[state] ?? 0) + 1;
      texts += entry.texts;
      vectors += verdict.good;
      truncated += entry.truncated;
      // Where answers do not say what they cost, it is what they were counted as.
      const answered = verdict.good + verdict.broken + verdict.contradicted;
      const paid = verdict.tokens > 0 ? verdict.tokens : Math.round((entry.tokens * answered) / entry.texts);
      tokens += paid;
      return paid;
    },
    read: (open) => ({
      ended: { ...ended },
      open,
      texts,
      vectors,
      truncated,
      tokens,
      cost: usdPerMTokens === null ? null : (tokens * usdPerMTokens) / million,
    }),
  };
}
