/**
 * Maps an async iterable with at most `concurrency` calls in flight, yielding results in order.
 * Backpressure reaches the source: it is read only as far ahead as calls may be in flight.
 * The first failure ends the iteration; calls still in flight are awaited, so none outlives it.
 */
export async function* mapOrdered<In, Out>(
  source: AsyncIterable<In>,
  concurrency: number,
  map: (item: In) => Promise<Out>,
): AsyncGenerator<Out, void> {
  const inFlight: Promise<Out>[] = [];
  try {
    for await (const item of source) {
      const result = map(item);
      // A failure is reported when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      inFlight.push(result);
      if (inFlight.length >= concurrency) yield await (inFlight.shift() as Promise<Out>);
    }
    while (inFlight.length > 0) yield await (inFlight.shift() as Promise<Out>);
  } finally {
    await Promise.allSettled(inFlight);
  }
}
