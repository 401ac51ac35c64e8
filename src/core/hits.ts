/** How often rows are asked for: what an emergency orders its units by. */

/** Where that is written: a column of counts, or the keys that were found, with how often. */
export type HitSource =
  | { readonly kind: "column"; readonly column: string }
  | { readonly kind: "keys"; readonly hits: ReadonlyMap<string, number> };

/** Hits on the rows of one fragment. */
export interface FragmentHits {
  readonly id: number;
  /** On rows that a version has still to handle. */
  readonly pending: number;
  /** On rows that it has handled. */
  readonly handled: number;
}

/** What the first units of a plan are worth. */
export interface HitPrefix {
  readonly units: number;
  readonly rows: number;
  /** Of all hits, those on rows that have their vector once these units are done: 0 to 1. */
  readonly share: number;
}

/** Hits on the rows of a plan, hottest unit first. */
export interface HitCoverage {
  /** On all rows of the table. */
  readonly hits: number;
  /** Share of them on rows that have their vector already: 0 to 1. */
  readonly handledShare: number;
  /** After each tenth of the units, in order. */
  readonly prefixes: readonly HitPrefix[];
}

/** Whether what is written names a file of hits, and no column. */
export function isHitLog(written: string): boolean {
  return /[\\/]|\.(jsonl|ndjson)(\.(gz|zst))?$/i.test(written);
}
