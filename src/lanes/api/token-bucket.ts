/** An allowance that fills steadily up to a bound. Times are milliseconds of one clock. */
export interface TokenBucket {
  /** Milliseconds until so much may be taken; 0 where it may be now. */
  waitMs(amount: number, nowMs: number): number;
  take(amount: number, nowMs: number): void;
  /** Gives back what was taken and not used. */
  give(amount: number, nowMs: number): void;
  /** What may be taken now. */
  level(nowMs: number): number;
  /** Sets what may be taken now, within the bound. */
  setLevel(level: number, nowMs: number): void;
  setRate(perMs: number, nowMs: number): void;
}

/**
 * A bucket that starts with `first`. More than the bound may be taken from a full one at once; the
 * allowance then is negative until it has filled up again, so the rate holds in the long run.
 * @param burstMs how long it takes to fill up: what may be made up for after a pause
 */
export function createTokenBucket(perMs: number, burstMs: number, first: number, nowMs: number): TokenBucket {
  let rate = perMs;
  let level = Math.min(first, rate * burstMs);
  let at = nowMs;

  function settle(now: number): void {
    level = Math.min(rate * burstMs, level + rate * Math.max(0, now - at));
    at = now;
  }

  return {
    waitMs(amount, now) {
      settle(now);
      const missing = Math.min(amount, rate * burstMs) - level;
      return missing <= 0 ? 0 : missing / rate;
    },
    take(amount, now) {
      settle(now);
      level -= amount;
    },
    give(amount, now) {
      settle(now);
      level = Math.min(rate * burstMs, level + amount);
    },
    level(now) {
      settle(now);
      return level;
    },
    setLevel(next, now) {
      at = now;
      level = Math.min(rate * burstMs, next);
    },
    setRate(next, now) {
      settle(now);
      rate = next;
      level = Math.min(level, rate * burstMs);
    },
  };
}
