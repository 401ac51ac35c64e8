/** Wall seconds in which at least one call was in flight. */
export interface LaneClock {
  enter(): void;
  leave(): void;
  busySeconds(): number;
}

/** A clock that stands. @param now milliseconds */
export function createLaneClock(now: () => number = () => performance.now()): LaneClock {
  let inFlight = 0;
  let since = 0;
  let busyMs = 0;
  return {
    enter() {
      if (inFlight === 0) since = now();
      inFlight++;
    },
    leave() {
      inFlight--;
      if (inFlight === 0) busyMs += now() - since;
    },
    busySeconds: () => (busyMs + (inFlight > 0 ? now() - since : 0)) / 1000,
  };
}
