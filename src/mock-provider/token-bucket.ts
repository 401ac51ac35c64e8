/** What a bucket says of a request: it may go, it must wait, or it never fits. */
export type Admission =
  | { readonly kind: "admitted" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "never" };

/** A limit a minute that fills evenly and holds what a burst may use. */
export interface TokenBucket {
  readonly perMin: number;
  /** Whether so much is there now; takes nothing. */
  look(amount: number): Admission;
  take(amount: number): void;
  remaining(): number;
  /** Unit: milliseconds until it is full. */
  resetMs(): number;
}

const msPerMin = 60_000;

/** A full bucket. @param nowMs the server's clock */
export function createTokenBucket(perMin: number, burstSeconds: number, nowMs: () => number): TokenBucket {
  const capacity = (perMin * burstSeconds) / 60;
  const perMs = perMin / msPerMin;
  let level = capacity;
  let filledAtMs = nowMs();

  function fill(): void {
    const now = nowMs();
    level = Math.min(capacity, level + (now - filledAtMs) * perMs);
    filledAtMs = now;
  }

  return {
    perMin,
    look(amount) {
      fill();
      if (amount > capacity) return { kind: "never" };
      if (amount <= level) return { kind: "admitted" };
      return { kind: "wait", ms: (amount - level) / perMs };
    },
    take(amount) {
      fill();
      level -= amount;
    },
    remaining() {
      fill();
      return Math.floor(level);
    },
    resetMs() {
      fill();
      return (capacity - level) / perMs;
    },
  };
}
