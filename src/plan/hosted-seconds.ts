import type { HostedModel } from "../core/provider.ts";

const secondsPerMinute = 60;
const secondsPerDay = 86_400;

/** What bounds the rate at which a provider is asked. Null: not known. */
export type HostedRates = Pick<
  HostedModel,
  | "requestsPerMinute"
  | "tokensPerMinute"
  | "requestsPerDay"
  | "tokensPerDay"
  | "concurrency"
  | "requestItems"
  | "requestTokens"
>;

/**
 * Seconds that a provider takes at least for so many rows and tokens: the slowest of its limits decides.
 * What a day's budget cannot hold waits for the next one. Null where nothing that bounds it is known.
 * @param requestSeconds that one request takes; null where it is not known
 */
export function hostedSeconds(
  rates: HostedRates,
  { rows, tokens }: { readonly rows: number; readonly tokens: number },
  requestSeconds: number | null,
): number | null {
  const requests = Math.ceil(Math.max(rows / rates.requestItems, tokens / rates.requestTokens));
  const bounds = [
    perMinute(requests, rates.requestsPerMinute),
    perMinute(tokens, rates.tokensPerMinute),
    perDay(requests, rates.requestsPerDay),
    perDay(tokens, rates.tokensPerDay),
    requestSeconds === null ? null : Math.ceil(requests / rates.concurrency) * requestSeconds,
  ].filter((bound) => bound !== null);
  return bounds.length === 0 ? null : Math.max(...bounds);
}

function perMinute(amount: number, limit: number | null): number | null {
  return limit === null ? null : (amount / limit) * secondsPerMinute;
}

/** Days that have to pass before the last part may be sent. */
function perDay(amount: number, limit: number | null): number | null {
  return limit === null ? null : Math.max(0, Math.ceil(amount / limit) - 1) * secondsPerDay;
}
