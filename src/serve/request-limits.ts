/** Keeps one caller from taking what belongs to all: requests a second of an address, searches at a time. */
export interface RequestLimits {
  /** Whether a request of this address may be answered now; counts it if so. */
  admit(address: string): boolean;
  /** Takes a place for a search; null where all are taken. Calling what it answers gives it back. */
  enter(): (() => void) | null;
  readonly inFlight: number;
}

/** Addresses that are remembered; beyond that the one that has been quiet longest is forgotten. */
const maxAddresses = 4096;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A caller may save up one second's worth of requests. @param nowMs of a clock that never goes back */
export function createRequestLimits(
  options: { readonly ratePerSecond: number; readonly concurrency: number },
  nowMs: () => number,
): RequestLimits {
  const buckets = new Map<string, Bucket>();
  const full = Math.max(1, options.ratePerSecond);
  let inFlight = 0;

  return {
    get inFlight() {
      return inFlight;
    },
    admit(address) {
      const now = nowMs();
      const bucket = buckets.get(address) ?? { tokens: full, atMs: now };
      bucket.tokens = Math.min(full, bucket.tokens + ((now - bucket.atMs) / 1000) * options.ratePerSecond);
      bucket.atMs = now;
      // Put at the end, so that the first of the map is the one that has been quiet longest.
      buckets.delete(address);
      buckets.set(address, bucket);
      if (buckets.size > maxAddresses) buckets.delete(buckets.keys().next().value as string);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    enter() {
      if (inFlight >= options.concurrency) return null;
      inFlight += 1;
      let left = false;
      return () => {
        if (!left) inFlight -= 1;
        left = true;
      };
    },
  };
}
