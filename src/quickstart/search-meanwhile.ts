import { setTimeout as sleep } from "node:timers/promises";
import type { SearchResult } from "../core/search.ts";

const intervalMs = 1000;

/** Searches that were answered while other work ran. */
export interface SearchesMeanwhile {
  readonly count: number;
  /** Names of the versions that answered, each once. */
  readonly versions: readonly string[];
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** Searches once a second until `work` ends. @throws whatever a search throws */
export async function searchMeanwhile(
  search: () => Promise<SearchResult>,
  work: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<SearchesMeanwhile> {
  let running = true;
  const stop = (): void => {
    running = false;
  };
  work.then(stop, stop);
  const versions = new Set<string>();
  const latenciesMs: number[] = [];
  while (running && signal?.aborted !== true) {
    const answer = await search();
    versions.add(answer.version);
    latenciesMs.push(answer.latencyMs);
    await Promise.race([sleep(intervalMs), work.then(stop, stop)]);
  }
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    versions: [...versions],
    p50Ms: sorted[Math.floor(sorted.length / 2)] ?? 0,
    maxMs: sorted.at(-1) ?? 0,
  };
}
