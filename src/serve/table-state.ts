import type { Engine } from "../core/engine.ts";
import type { TableState } from "./metrics.ts";

/** Counting stale rows reads every text: at most one part in so many of the time goes into it. */
const timeShare = 50;

/** Scrapes come every few seconds as a rule: a count is used again for at least so long. Unit: ms. */
const leastMs = 5_000;

/**
 * The table's state for scrapes, counted anew only as often as takes a fiftieth of the time; many who
 * ask at once share one count. Null where the table cannot be read.
 */
export function createTableState(engine: Engine, nowMs: () => number): () => Promise<TableState | null> {
  let state: Promise<TableState | null> | null = null;
  let againAtMs = 0;
  return () => {
    if (state !== null && nowMs() < againAtMs) return state;
    const startMs = nowMs();
    againAtMs = Infinity;
    state = count(engine).finally(() => {
      const endMs = nowMs();
      againAtMs = endMs + Math.max(leastMs, timeShare * (endMs - startMs));
    });
    return state;
  };
}

async function count(engine: Engine): Promise<TableState | null> {
  try {
    const summary = await engine.versions({ history: false });
    return { summary, deprecations: summary.deprecations };
  } catch {
    // The scrape says so by `reembed_table_readable`; searches and the jobs tell the error itself.
    return null;
  }
}
