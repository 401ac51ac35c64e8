import type { Unit } from "../core/plan.ts";
import { concatKeys, type KeyColumn, sliceKeys } from "../core/key-column.ts";
import type { StoredTable, TextRows } from "../core/ports.ts";
import { concatBatches, sliceBatch, type TextBatch } from "../core/text-batch.ts";
import { countTexts, textBytes } from "../core/utf8-texts.ts";
import type { VersionRecord } from "../core/version.ts";

/** Rows read at once from the table; small against a window, large against the cost of a read. */
const batchRows = 8192;

/** Text of one window at most, in bytes. A window is what the lane orders; two or three are in memory. */
const windowBytes = 16 * 1024 * 1024;

/** Rows of one window at most: small enough that reading the next overlaps with embedding this one. */
const mostRows = 32_768;

/** Vectors of one window at most, in bytes: as many as `mostRows` rows of 384 dimensions have. */
const windowVectorBytes = 48 * 1024 * 1024;

/** Where windows and merges end, in rows. */
export interface WindowBounds {
  readonly windowRows: number;
  readonly mergeRows: number;
}

/** Part of a unit that is handed to the lane at once. Keys and texts are parallel. */
export interface Window {
  readonly unit: Unit;
  readonly rows: number;
  readonly keys: KeyColumn;
  readonly texts: TextBatch;
  /** Of its texts. */
  readonly bytes: number;
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
  const windowRows = windowRowsOf(version.space.dimensions);
  for await (const unit of units) {
    const batches = table.readTexts(version, unit.fragmentIds, { batchRows, signal });
    yield* cutWindows(unit, batches, { windowRows, mergeRows });
  }
}

/** Rows of a window whose vectors have so many dimensions. */
export function windowRowsOf(dimensions: number): number {
  const rowBytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(mostRows, Math.floor(windowVectorBytes / rowBytes)));
}

/** Cuts the rows of one unit, no more than it has, into windows bounded by text and rows, and by rows of a merge. */
export async function* cutWindows(
  unit: Unit,
  batches: AsyncIterable<TextRows>,
  { windowRows, mergeRows }: WindowBounds,
): AsyncGenerator<Window, void> {
  let parts: TextRows[] = [];
  let rows = 0;
  let bytes = 0;
  let rowsOfMerge = 0;
  let rowsLeft = unit.rows;

  const take = (endsMerge: boolean, endsUnit = false): Window => {
    const keys = concatKeys(parts.map((part) => part.keys));
    const texts = concatBatches(parts.map((part) => part.texts));
    const window: Window = { unit, rows, keys, texts, bytes, endsMerge, endsUnit };
    rowsOfMerge = endsMerge ? 0 : rowsOfMerge + rows;
    parts = [];
    rows = 0;
    bytes = 0;
    return window;
  };

  for await (const batch of batches) {
    const end = Math.min(countTexts(batch.texts), rowsLeft);
    for (let from = 0; from < end;) {
      const endsMerge = rowsOfMerge + rows >= mergeRows;
      if (endsMerge || rows >= windowRows || bytes >= windowBytes) yield take(endsMerge);
      const room = Math.min(windowRows - rows, mergeRows - rowsOfMerge - rows);
      const to = fittingRows(batch.texts, from, Math.min(end, from + room), windowBytes - bytes);
      const texts = sliceBatch(batch.texts, from, to);
      parts.push({ keys: sliceKeys(batch.keys, from, to), texts });
      rows += to - from;
      bytes += textBytes(texts);
      rowsLeft -= to - from;
      from = to;
    }
    if (rowsLeft === 0) break;
  }
  yield take(true, true);
}

/** Where so many bytes of texts are reached, at `end` at the latest: the text that passes them is the last. */
function fittingRows({ offsets }: TextBatch, from: number, end: number, bytes: number): number {
  const bound = offsets[from]! + bytes;
  if (offsets[end]! <= bound) return end;
  let to = from + 1;
  while (offsets[to]! < bound) to += 1;
  return to;
}
