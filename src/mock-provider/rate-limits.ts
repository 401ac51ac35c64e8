import { type Refusal, tooManyRequests } from "./refusal.ts";
import type { MockLimits } from "./settings.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** The limits of rate of a provider: requests, tokens, and requests at one time. */
export interface RateLimits {
  /** Takes a request in, or says why not. One that is refused uses nothing up. */
  admit(tokens: number): Refusal | null;
  /** Every request taken in leaves once. */
  leave(): void;
  /** `x-ratelimit-*`, where the provider announces its limits. */
  headers(): Record<string, string>;
}

/** Full limits. @param nowMs the server's clock */
export function createRateLimits(limits: MockLimits, nowMs: () => number): RateLimits {
  const bucket = (perMin: number | null): TokenBucket | null =>
    perMin === null ? null : createTokenBucket(perMin, limits.burstSeconds, nowMs);
  const requests = bucket(limits.requestsPerMin);
  const tokens = bucket(limits.tokensPerMin);
  let inFlight = 0;

  function refuse(kind: "requests" | "tokens", amount: number, from: TokenBucket): Refusal | null {
    const admission = from.look(amount);
    if (admission.kind === "admitted") return null;
    const limit = `Rate limit reached on ${kind} per min: limit ${from.perMin}, remaining ${from.remaining()}, requested ${amount}.`;
    if (admission.kind === "never") {
      return tooManyRequests(`limit-${kind}`, `Request too large. ${limit}`, null, kind);
    }
    const retry = { ms: admission.ms, hint: limits.retryHint };
    return tooManyRequests(
      `limit-${kind}`,
      `${limit} Please try again in ${goDuration(admission.ms)}.`,
      retry,
      kind,
    );
  }

  return {
    admit(count) {
      if (limits.concurrency !== null && inFlight >= limits.concurrency) {
        return tooManyRequests("limit-concurrency", "Too many requests at one time.", null);
      }
      const refusal =
        (requests === null ? null : refuse("requests", 1, requests)) ??
        (tokens === null ? null : refuse("tokens", count, tokens));
      if (refusal !== null) return refusal;
      requests?.take(1);
      tokens?.take(count);
      inFlight++;
      return null;
    },
    leave() {
      inFlight--;
    },
    headers() {
      if (!limits.announce) return {};
      return { ...bucketHeaders("requests", requests), ...bucketHeaders("tokens", tokens) };
    },
  };
}

function bucketHeaders(kind: string, bucket: TokenBucket | null): Record<string, string> {
  if (bucket === null) return {};
  return {
    [`x-ratelimit-limit-${kind}`]: String(bucket.perMin),
    [`x-ratelimit-remaining-${kind}`]: String(Math.max(0, bucket.remaining())),
    [`x-ratelimit-reset-${kind}`]: goDuration(bucket.resetMs()),
  };
}

/** A duration as Go writes it, which is what the headers hold: `6m0s`, `1.5s`, `12ms`. */
export function goDuration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = `${(whole % 60_000) / 1_000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}
