import type { Unit } from "../core/plan.ts";
import type { StoredTable, TextRows } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import type { Key } from "../core/words.ts";

/** Rows read at once from the table; small against a window, large against the cost of a read. */
const batchRows = 8192;

/**
 * Text of one window at most, in UTF-16 code units. A window is what the lane orders and what is in
 * memory as strings: two or three of them at a time.
 */
const windowChars = 16 * 1024 * 1024;

/** Rows of one window at most: small enough that reading the next overlaps with embedding this one. */
const windowRows = 32_768;

/** Part of a unit that is handed to the lane at once. Arrays are parallel. */
export interface Window {
  readonly unit: Unit;
  readonly keys: readonly Key[];
  readonly texts: readonly string[];
  readonly chars: number;
  /** The rows up to and with this window are committed as one merge. */
  readonly endsMerge: boolean;
  /** The last window of its unit. */
  readonly endsUnit: boolean;
}

/** Reads the rows that a round has to handle, in the order in which its units come. */
export async function* readWindows(
  table: StoredTable,
  version: VersionRecord,
  units: AsyncIterable<Unit>,
  mergeRows: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Window, void> {
  for await (const unit of units) {
    const batches = table.readTexts(version, unit.fragmentIds, { batchRows, signal });
    yield* cutWindows(unit, batches, mergeRows);
  }
}

/** Cuts the rows of one unit, no more than it has, into windows bounded by text and by rows of a merge. */
export async function* cutWindows(
  unit: Unit,
  batches: AsyncIterable<TextRows>,
  mergeRows: number,
): AsyncGenerator<Window, void> {
  let keys: Key[] = [];
  let texts: string[] = [];
  let chars = 0;
  let rowsOfMerge = 0;
  let rowsLeft = unit.rows;

  const take = (endsMerge: boolean, endsUnit = false): Window => {
    const window: Window = { unit, keys, texts, chars, endsMerge, endsUnit };
    rowsOfMerge = endsMerge ? 0 : rowsOfMerge + keys.length;
    keys = [];
    texts = [];
    chars = 0;
    return window;
  };

  for await (const batch of batches) {
    for (const [row, text] of batch.texts.entries()) {
      if (rowsLeft === 0) break;
      rowsLeft -= 1;
      const endsMerge = rowsOfMerge + keys.length >= mergeRows;
      const full = keys.length >= windowRows || (chars >= windowChars && keys.length > 0);
      if (endsMerge || full) yield take(endsMerge);
      keys.push(batch.keys[row] as Key);
      texts.push(text);
      chars += text.length;
    }
    if (rowsLeft === 0) break;
  }
  yield take(true, true);
}
