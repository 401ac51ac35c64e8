import { throwIfAborted } from "../../core/errors.ts";
import type { StoredTable } from "../../core/ports.ts";
import type { TextBatch } from "../../core/text-batch.ts";
import { unpackTexts } from "../../core/utf8-texts.ts";
import type { VersionRecord } from "../../core/version.ts";
import { readStaleWindows } from "../stale-windows.ts";

/** Rows read at once from the table. */
const batchRows = 8192;

/** A text that a version has still to handle. */
export interface PendingText {
  readonly hash: bigint;
  readonly text: string;
}

/**
 * Texts that a version has still to handle, in the order of the table: rows without a vector, then those
 * whose text changed. A text comes as often as it stands there; empty ones are left out.
 * @param limitRows the first so many rows
 */
export async function* readPendingTexts(
  table: StoredTable,
  version: VersionRecord,
  limitRows: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<PendingText, void> {
  let rowsLeft = limitRows ?? Infinity;
  for await (const texts of readTexts(table, version, signal)) {
    throwIfAborted(signal);
    for (const [row, text] of unpackTexts(texts).entries()) {
      if (rowsLeft <= 0) return;
      rowsLeft -= 1;
      if (text.trim() !== "") yield { hash: texts.hashes[row] as bigint, text };
    }
  }
}

async function* readTexts(
  table: StoredTable,
  version: VersionRecord,
  signal: AbortSignal,
): AsyncGenerator<TextBatch, void> {
  const fragments = (await table.fragments(version)).filter(({ pending }) => pending > 0);
  const ids = fragments.map(({ id }) => id);
  if (ids.length > 0) {
    for await (const { texts } of table.readTexts(version, ids, { batchRows, signal })) yield texts;
  }
  for await (const keys of table.staleKeys(version, signal)) {
    for await (const { texts } of readStaleWindows(table, keys)) yield texts;
  }
}
