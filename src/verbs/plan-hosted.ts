import type { HostedModel } from "../core/provider.ts";
import type { TargetPlan } from "../core/verbs.ts";

/** Two-sided 95 % point of the normal distribution. */
const z95 = 1.96;

/** How far an estimate by characters may be from a provider's own count, as a share of it. */
const estimateError = 0.3;

const million = 1_000_000;

/**
 * What all rows would take of a hosted model, from a sample of the texts. Nothing is sent: tokens are
 * counted here, money follows from the price and time from the limits; null where those are unknown.
 */
export async function planHosted(
  hosted: HostedModel,
  texts: readonly string[],
  rows: number,
): Promise<Pick<TargetPlan, "tokens" | "tokensError" | "seconds" | "cost">> {
  const { tokens: counts, exact } = await hosted.countTokens(texts);
  const mean = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  const variance =
    counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / Math.max(1, counts.length - 1);
  const tokens = Math.round(mean * rows);
  const sampling = texts.length >= rows ? 0 : z95 * Math.sqrt(variance / Math.max(1, counts.length)) * rows;
  const counting = exact ? 0 : estimateError * tokens;
  return {
    tokens,
    tokensError: Math.round(Math.hypot(sampling, counting)),
    seconds: secondsOf(hosted, tokens, rows),
    cost: hosted.usdPerMTokens === null ? null : (tokens * hosted.usdPerMTokens) / million,
  };
}

function secondsOf(hosted: HostedModel, tokens: number, rows: number): number | null {
  const { requestsPerMinute, tokensPerMinute, requestItems, requestTokens } = hosted;
  if (requestsPerMinute === null && tokensPerMinute === null) return null;
  const requests = Math.max(rows / requestItems, tokens / requestTokens);
  const minutes = Math.max(
    requestsPerMinute === null ? 0 : requests / requestsPerMinute,
    tokensPerMinute === null ? 0 : tokens / tokensPerMinute,
  );
  return minutes * 60;
}
