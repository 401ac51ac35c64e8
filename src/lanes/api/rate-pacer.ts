import type { AccountLimits } from "../../core/provider.ts";
import type { LimitReport, RateReport } from "./rate-headers.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** A request that was let go, with what is needed to set the books right when its answer comes. */
export interface Grant {
  readonly tokens: number;
  readonly sentMs: number;
  /** Totals of requests and tokens up to and with this one. */
  readonly sent: Sums;
}

interface Sums {
  readonly requests: number;
  readonly tokens: number;
}

/** Lets requests go at the rate that a provider's limits allow. Times are milliseconds of one clock. */
export interface RatePacer {
  /** Milliseconds until a request may go; 0 where it may now. */
  waitMs(tokens: number, nowMs: number): number;
  grant(tokens: number, nowMs: number): Grant;
  /** The request was refused, so it costs nothing of the allowance. */
  refund(grant: Grant, nowMs: number): void;
  /** The request cost so many tokens, and not what was thought. */
  correct(grant: Grant, tokens: number, nowMs: number): void;
  /** What the headers of its answer say. */
  hear(grant: Grant, report: RateReport, nowMs: number): void;
  /** The part of the limits that is this process's own, above 0 to 1. */
  setShare(share: number, nowMs: number): void;
  /** Whether any limit is known: if not, only refusals tell when it is too much. */
  known(): boolean;
  limits(): { readonly requestsPerMinute: number | null; readonly tokensPerMinute: number | null };
}

/**
 * Allowance that may be saved up while nothing could be sent. Long enough to make up for a pause of
 * the process, short enough that a provider which counts in seconds is not overrun.
 */
const burstMs = 2_000;

const minuteMs = 60_000;

type Kind = "requests" | "tokens";

/**
 * A pacer over the limits that are known from the start and those that headers tell.
 * @param share part of the whole limit to use: the rest is left to others
 */
export function createRatePacer(account: AccountLimits, share: number, startMs: number): RatePacer {
  const stated: Readonly<Record<Kind, number | null>> = {
    requests: account.requestsPerMinute,
    tokens: account.tokensPerMinute,
  };
  const perMinute: Record<Kind, number | null> = { ...stated };
  const buckets: Record<Kind, TokenBucket | null> = { requests: null, tokens: null };
  let processShare = 1;
  let sent: Sums = { requests: 0, tokens: 0 };

  const ratePerMs = (kind: Kind): number => ((perMinute[kind] ?? 0) * share * processShare) / minuteMs;
  const amountOf = (kind: Kind, tokens: number): number => (kind === "tokens" ? tokens : 1);
  const kinds: readonly Kind[] = ["requests", "tokens"];

  function openBucket(kind: Kind, nowMs: number): void {
    const rate = ratePerMs(kind);
    buckets[kind] = createTokenBucket(rate, burstMs, (rate * burstMs) / 2, nowMs);
  }
  for (const kind of kinds) if (perMinute[kind] !== null) openBucket(kind, startMs);

  /** What the provider's own books must be by now, from what an answer's headers say. */
  function hearOne(kind: Kind, grant: Grant, told: LimitReport, nowMs: number): void {
    if (told.limit !== null && stated[kind] === null) {
      const next = (told.limit * minuteMs) / told.windowMs;
      if (next > 0 && next !== perMinute[kind]) {
        perMinute[kind] = next;
        if (buckets[kind] === null) openBucket(kind, nowMs);
        else buckets[kind].setRate(ratePerMs(kind), nowMs);
      }
    }
    const bucket = buckets[kind];
    if (bucket === null || told.remaining === null) return;
    // Requests that went after this one may not be in the books that its answer was written from, and
    // whether the books were read when it arrived or when it was answered is not known: so what is left
    // lies between two bounds, and our own count is only changed where it lies outside of them.
    const least = told.remaining - (sent[kind] - grant.sent[kind]);
    const most = least + ((told.limit ?? 0) / told.windowMs) * (nowMs - grant.sentMs);
    const ours = bucket.level(nowMs);
    if (ours > most) bucket.setLevel(most, nowMs);
    else if (ours < least && share === 1 && processShare === 1) bucket.setLevel(least, nowMs);
  }

  return {
    waitMs: (tokens, nowMs) =>
      Math.max(0, ...kinds.map((kind) => buckets[kind]?.waitMs(amountOf(kind, tokens), nowMs) ?? 0)),
    grant(tokens, nowMs) {
      for (const kind of kinds) buckets[kind]?.take(amountOf(kind, tokens), nowMs);
      sent = { requests: sent.requests + 1, tokens: sent.tokens + tokens };
      return { tokens, sentMs: nowMs, sent };
    },
    refund(grant, nowMs) {
      for (const kind of kinds) buckets[kind]?.give(amountOf(kind, grant.tokens), nowMs);
    },
    correct(grant, tokens, nowMs) {
      buckets.tokens?.give(grant.tokens - tokens, nowMs);
    },
    hear(grant, report, nowMs) {
      for (const kind of kinds) {
        const told = report[kind];
        if (told !== null) hearOne(kind, grant, told, nowMs);
      }
    },
    setShare(next, nowMs) {
      if (next === processShare) return;
      processShare = next;
      for (const kind of kinds) buckets[kind]?.setRate(ratePerMs(kind), nowMs);
    },
    known: () => buckets.requests !== null || buckets.tokens !== null,
    limits: () => ({ requestsPerMinute: perMinute.requests, tokensPerMinute: perMinute.tokens }),
  };
}
