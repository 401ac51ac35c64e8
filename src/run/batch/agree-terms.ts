import { ReembedError } from "../../core/errors.ts";
import type { HashSet } from "../../core/hash-set.ts";
import { type DeadlineTerms, liveTokensAtOnce } from "../../plan/batch-deadline.ts";
import type { BatchPassOptions } from "./batch-pass-options.ts";
import { countUnasked } from "./create-batches.ts";

/** What a deadline means for the texts that are in no batch yet. */
export interface AgreedTerms extends DeadlineTerms {
  /** Tokens that live requests begin with at once. */
  readonly liveTokens: number;
  /** Whether a new batch could come back in time. */
  readonly batchesInTime: boolean;
}

const minuteMs = 60_000;

/**
 * Counts what is to be done and compares it with the time that is left.
 * @throws REEMBED_USAGE where the rate of live requests is needed and not known
 */
export async function agreeTerms(options: BatchPassOptions, tried: HashSet): Promise<AgreedTerms> {
  const { deadlineMs, lane, journal } = options;
  const { cancelMs } = lane.limits;
  if (deadlineMs === null) {
    return { deadlineMs, cancelMs, liveTokensPerMinute: Infinity, liveTokens: 0, batchesInTime: true };
  }
  const fresh = await countUnasked(options, tried);
  const entries = journal.entries();
  const tokens = entries.reduce((sum, entry) => sum + entry.tokens, fresh.tokens);
  const texts = entries.reduce((sum, entry) => sum + entry.texts, fresh.texts);
  const terms = { deadlineMs, cancelMs, liveTokensPerMinute: liveRate(options, texts, tokens) };
  const liveTokens = liveTokensAtOnce(tokens, terms, options.nowMs());
  return { ...terms, liveTokens, batchesInTime: liveTokens < fresh.tokens };
}

function liveRate(options: BatchPassOptions, texts: number, tokens: number): number {
  const { deadlineMs, lane, nowMs } = options;
  const seconds = tokens === 0 ? 0 : options.liveSeconds(texts, tokens);
  if (seconds === 0) return Infinity;
  if (seconds !== null) return (tokens / seconds) * 60;
  if (deadlineMs !== null && deadlineMs - lane.limits.cancelMs <= nowMs()) return Infinity;
  throw new ReembedError(
    "REEMBED_USAGE",
    `a deadline ${Math.round(((deadlineMs ?? 0) - nowMs()) / minuteMs)} minutes away needs the rate of live requests, which do what batches have not done by then, and your account's limits are not known: set provider.tokensPerMinute`,
  );
}
