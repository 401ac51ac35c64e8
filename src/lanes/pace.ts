/** Weight of the newest slice in the measured rate. */
const newestWeight = 0.2;

/** How fast a worker goes, by what was measured last. */
export interface Pace {
  readonly tokensPerSecond: number;
  note(tokens: number, seconds: number): void;
}

/** A pace that starts from a first guess. */
export function createPace(firstTokensPerSecond: number): Pace {
  let tokensPerSecond = firstTokensPerSecond;
  return {
    get tokensPerSecond() {
      return tokensPerSecond;
    },
    note(tokens, seconds) {
      if (seconds > 0) tokensPerSecond += newestWeight * (tokens / seconds - tokensPerSecond);
    },
  };
}
