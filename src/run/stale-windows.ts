import { countKeys } from "../core/key-column.ts";
import type { StoredTable } from "../core/ports.ts";
import type { Key } from "../core/words.ts";
import { cutWindows, type Window } from "./read-windows.ts";

/** Stale rows re-read and committed at once. */
const keysAtOnce = 4096;

/**
 * Rows whose text changed since their vector was made, read again by key. Their patch covers parts
 * of fragments, so it costs a rewrite of those fragments' column files: rare by nature.
 */
export async function* readStaleWindows(
  table: StoredTable,
  staleKeys: readonly Key[],
): AsyncGenerator<Window, void> {
  for (let start = 0; start < staleKeys.length; start += keysAtOnce) {
    const keys = staleKeys.slice(start, start + keysAtOnce);
    const rows = await table.readTextsByKey(keys);
    const unit = { index: start / keysAtOnce, fragmentIds: [], rows: countKeys(rows.keys), merges: 1 };
    yield* cutWindows(unit, once(rows), { windowRows: keysAtOnce, mergeRows: keysAtOnce });
  }
}

async function* once<T>(value: T): AsyncGenerator<T, void> {
  yield value;
}
