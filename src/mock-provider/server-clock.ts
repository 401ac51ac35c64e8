/** The server's clock: the machine's, moved forward by whoever drives a test. */
export interface ServerClock {
  /** Milliseconds since the epoch. Never goes back. */
  nowMs(): number;
  /** Moves it forward: limits fill and batches go on as if so long had passed. */
  advance(ms: number): void;
}

/** A clock that starts at the present time. */
export function startServerClock(): ServerClock {
  const startMs = Date.now() - performance.now();
  let aheadMs = 0;
  return {
    nowMs: () => startMs + performance.now() + aheadMs,
    advance(ms) {
      aheadMs += ms;
    },
  };
}
