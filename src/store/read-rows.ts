import type { Table } from "@lancedb/lancedb";
import type { FixedSizeList, Vector } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import type { FragmentRows, TextRows, VersionCounts } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { takeKeys } from "../core/key-column.ts";
import { takeBatch, textBatch } from "../core/text-batch.ts";
import type { Key } from "../core/words.ts";
import { columnOf, documentsOf } from "./batch-columns.ts";
import { documentHashes, documentTexts } from "./document-hashes.ts";
import { quoteColumn } from "./column-name.ts";
import { fragmentMap } from "./fragment-map.ts";
import { readKeyColumn, readKeys } from "./key-column.ts";
import { registryOf, requireCorpus } from "./read-registry.ts";
import { scanSpans } from "./scan-rows.ts";
import type { TableHandle } from "./table-handle.ts";
import { decodeValues } from "./vector-values.ts";

/** Rows read at once where the caller does not say: texts of a kilobyte make 8 MB. */
const scanBatchRows = 8192;

/** Fragments with rows still to handle for a version, or for one that is not made yet, or all; ascending by id. */
export async function readFragments(
  handle: TableHandle,
  version: VersionRecord | null,
  every: boolean,
): Promise<FragmentRows[]> {
  const spans = await fragmentMap(await handle.open(), version?.hashColumn);
  return spans
    .map(({ id, rows, nulls }) => ({ id, rows, pending: version === null ? rows : nulls }))
    .filter(({ pending }) => every || pending > 0)
    .toSorted((a, b) => a.id - b.id);
}

/** Which rows of which fragments to read. */
export interface TextQuery {
  readonly every?: boolean;
  readonly batchRows: number;
  readonly signal?: AbortSignal | undefined;
}

/** Keys and documents of the rows that a version has still to handle, or of all, fragment by fragment. */
export async function* readTexts(
  handle: TableHandle,
  version: VersionRecord | null,
  fragmentIds: readonly number[],
  query: TextQuery,
): AsyncGenerator<TextRows, void> {
  const table = await handle.open();
  const corpus = requireCorpus(handle.name, await registryOf(table));
  const wanted = new Set(fragmentIds);
  const spans = (await fragmentMap(table)).filter((span) => wanted.has(span.id));
  const pendingBy = query.every === true ? null : (version?.hashColumn ?? null);
  const columns = [corpus.key, ...corpus.text, ...(pendingBy === null ? [] : [pendingBy])];
  for await (const batch of scanSpans(table, spans, columns, query)) {
    const hashes = pendingBy === null ? null : columnOf(batch, pendingBy);
    if (hashes?.nullCount === 0) continue;
    const keys = readKeyColumn(columnOf(batch, corpus.key));
    const texts = textBatch(documentTexts(batch, corpus));
    if (hashes === null || hashes.nullCount === batch.numRows) {
      yield { keys, texts };
      continue;
    }
    const pending = Int32Array.from({ length: batch.numRows }, (_, row) => row).filter(
      (row) => !hashes.isValid(row),
    );
    yield { keys: takeKeys(keys, pending), texts: takeBatch(texts, pending) };
  }
}

/** Keys of rows whose stored source hash differs from the hash of their present text. */
export async function* staleKeys(
  handle: TableHandle,
  version: VersionRecord,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Key[], void> {
  const table = await handle.open();
  const corpus = requireCorpus(handle.name, await registryOf(table));
  const spans = await fragmentMap(table, version.hashColumn);
  const handled = spans.filter((span) => span.nulls < span.rows);
  const columns = [corpus.key, ...corpus.text, version.hashColumn];
  for await (const batch of scanSpans(table, handled, columns, { batchRows: scanBatchRows, signal })) {
    const differs = differences(columnOf(batch, version.hashColumn), documentHashes(batch, corpus));
    if (differs === null) continue;
    yield readKeys(columnOf(batch, corpus.key)).filter((_, row) => differs[row] === 1);
  }
}

/**
 * 1 for each row whose stored hash is set and is not the one given; null where none is. Hashes are
 * compared as pairs of 32-bit words: big integers would be made, and collected, for every row.
 */
function differences(stored: Vector, present: BigInt64Array): Uint8Array | null {
  const wanted = new Int32Array(present.buffer, present.byteOffset, present.length * 2);
  const differs = new Uint8Array(present.length);
  let some = false;
  let start = 0;
  for (const data of stored.data) {
    const values = data.values as BigInt64Array;
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let row = 0; row < data.length; row += 1) {
      const to = start + row;
      if (words[row * 2] === wanted[to * 2] && words[row * 2 + 1] === wanted[to * 2 + 1]) continue;
      if (data.nullCount > 0 && !data.getValid(row)) continue;
      differs[to] = 1;
      some = true;
    }
    start += data.length;
  }
  return some ? differs : null;
}

/** About so many documents, evenly spread over the table. */
export async function sampleTexts(handle: TableHandle, rows: number): Promise<string[]> {
  const table = await handle.open();
  const corpus = requireCorpus(handle.name, await registryOf(table));
  const total = await table.countRows();
  const runs = Math.min(sampleRuns, rows);
  if (rows < 1) return [];
  // A read costs about the same for one row or for some tens, so the sample is taken in runs.
  const spans =
    total <= rows
      ? [{ id: -1, offset: 0, rows: total, nulls: 0 }]
      : Array.from({ length: runs }, (_, run) => ({
          id: -1,
          offset: Math.floor((run * total) / runs),
          rows: Math.floor(((run + 1) * rows) / runs) - Math.floor((run * rows) / runs),
          nulls: 0,
        }));
  const texts: string[] = [];
  for await (const batch of scanSpans(table, spans, corpus.text, { batchRows: scanBatchRows })) {
    texts.push(...documentsOf(batch, corpus));
  }
  return texts;
}

const sampleRuns = 64;

/** A version's vectors, for exact evaluation; rows without one are left out. */
export async function* readVectors(
  handle: TableHandle,
  version: VersionRecord,
  batchRows: number,
): AsyncGenerator<{ keys: Key[]; vectors: Float32Array }, void> {
  const table = await handle.open();
  const corpus = requireCorpus(handle.name, await registryOf(table));
  const spans = await fragmentMap(table);
  for await (const batch of scanSpans(table, spans, [corpus.key, version.column], { batchRows })) {
    const column = columnOf(batch, version.column);
    const data = column.data[0];
    if (data === undefined) continue;
    const { listSize } = data.type as FixedSizeList;
    const stored = data.children[0]?.values as Float32Array;
    const all = decodeValues(
      stored,
      version.vectorType,
      data.offset * listSize,
      (data.offset + data.length) * listSize,
    );
    const keys = readKeys(columnOf(batch, corpus.key));
    if (data.nullCount === 0) {
      yield { keys, vectors: all };
      continue;
    }
    const rows = keys.flatMap((_, row) => (column.isValid(row) ? [row] : []));
    if (rows.length === 0) continue;
    const vectors = new Float32Array(rows.length * listSize);
    for (const [to, row] of rows.entries()) {
      vectors.set(all.subarray(row * listSize, (row + 1) * listSize), to * listSize);
    }
    yield { keys: rows.map((row) => keys[row] as Key), vectors };
  }
}

/** Counts a version's rows from its two narrow columns. */
export async function countVersion(handle: TableHandle, version: VersionRecord): Promise<VersionCounts> {
  const table = await handle.open();
  const rows = await table.countRows();
  const pending = await table.countRows(`${quoteColumn(version.hashColumn)} IS NULL`);
  const covered = await table.countRows(`${quoteColumn(version.embeddedAtColumn)} IS NOT NULL`);
  const newest = covered === 0 ? null : await newestTime(table, version.embeddedAtColumn, rows);
  if (covered + pending > rows) {
    throw new ReembedError(
      "REEMBED_STORE_METADATA",
      `version ${version.name} has ${covered} rows with a time of embedding and ${pending} without a source hash, but the table has ${rows} rows: something other than reembed wrote its columns`,
      { details: { version: version.name, rows, covered, pending } },
    );
  }
  return {
    rows,
    covered,
    pending,
    skipped: rows - covered - pending,
    newestEmbeddedAtMs: newest === null ? null : Number(newest),
  };
}

/** The largest time of a column of timestamps, in milliseconds; null where it has none. */
async function newestTime(table: Table, column: string, rows: number): Promise<bigint | null> {
  const whole = [{ id: -1, offset: 0, rows, nulls: 0 }];
  let newest: bigint | null = null;
  for await (const batch of scanSpans(table, whole, [column], { batchRows: 1 << 18 })) {
    for (const data of columnOf(batch, column).data) {
      const times = data.values as BigInt64Array;
      for (let row = 0; row < data.length; row += 1) {
        const time = times[row] as bigint;
        if ((newest === null || time > newest) && data.getValid(row)) newest = time;
      }
    }
  }
  return newest;
}
