/** How much of the room for requests is used, where no limit is known: the provider's refusals tell. */
export interface Congestion {
  /** Requests that may be in flight now. */
  concurrency(): number;
  answered(): void;
  refused(): void;
}

/** Outcomes that a decision looks at: with fewer, chance would decide. */
const windowOutcomes = 20;

/**
 * Share of refusals that means too much is in flight. Providers refuse some requests whatever the
 * rate, and going slower helps nothing against those.
 */
const congestedShare = 0.15;

const decrease = 0.6;

/**
 * Additive increase, multiplicative decrease. One more for each round of answers, and less by a fixed
 * share when refusals mount up, at most once for so many outcomes.
 */
export function createCongestion(first: number, most: number): Congestion {
  let allowed = Math.min(first, most);
  let outcomes = 0;
  let refusals = 0;

  function judge(): void {
    outcomes++;
    if (outcomes < windowOutcomes && refusals < windowOutcomes * congestedShare) return;
    if (refusals >= outcomes * congestedShare && refusals > 1) allowed = Math.max(1, allowed * decrease);
    outcomes = 0;
    refusals = 0;
  }

  return {
    concurrency: () => Math.floor(allowed),
    answered() {
      allowed = Math.min(most, allowed + 1 / allowed);
      judge();
    },
    refused() {
      refusals++;
      judge();
    },
  };
}
