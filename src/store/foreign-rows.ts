import type { Data, FixedSizeList, List, RecordBatch } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { ForeignColumns, ForeignRows, ForeignScan } from "../core/ports-adoption.ts";
import type { VectorType } from "../core/vector-type.ts";
import type { Key } from "../core/words.ts";
import { columnOf, documentsOf } from "./batch-columns.ts";
import { fragmentMap } from "./fragment-map.ts";
import { readKeys } from "./key-column.ts";
import { schemaOf } from "./read-registry.ts";
import { lookUp } from "./rows-by-key.ts";
import { scanSpans } from "./scan-rows.ts";
import type { TableHandle } from "./table-handle.ts";
import { decodeValues, vectorTypeOf } from "./vector-values.ts";

/** Vector bytes of one batch, read and decoded: some tens of megabytes in memory with its texts. */
const batchBytes = 16 * 1024 * 1024;

/** Dimensions that a batch is sized for where lists do not say how long they are. */
const assumedDimensions = 1024;

/** Rows of the table as it is now, in batches, fragment by fragment. */
export async function* scanForeign(
  handle: TableHandle,
  columns: ForeignColumns,
  options: ForeignScan,
): AsyncGenerator<ForeignRows, void> {
  const table = await handle.open();
  const type = (await schemaOf(table)).fields.find(({ name }) => name === columns.vector)?.type;
  const dimensions = arrow.DataType.isFixedSizeList(type) ? type.listSize : assumedDimensions;
  const batchRows = Math.max(64, Math.floor(batchBytes / (dimensions * Float32Array.BYTES_PER_ELEMENT)));
  const wanted = options.fragmentIds === undefined ? null : new Set(options.fragmentIds);
  const spans = (await fragmentMap(table)).filter((span) => wanted?.has(span.id) ?? true);
  const hashColumn = options.pendingFor?.hashColumn;
  const selected = [
    ...columnsToRead(columns, options.texts),
    ...(hashColumn === undefined ? [] : [hashColumn]),
  ];
  for await (const batch of scanSpans(table, spans, selected, { batchRows, signal: options.signal })) {
    const hashes = hashColumn === undefined ? null : columnOf(batch, hashColumn);
    const keep = hashes === null ? null : (row: number): boolean => !hashes.isValid(row);
    const rows = readForeign(batch, columns, options.texts, keep);
    if (rows.keys.length > 0) yield rows;
  }
}

/** Rows with these keys, with their texts. */
export async function foreignRowsByKey(
  handle: TableHandle,
  columns: ForeignColumns,
  keys: readonly Key[],
): Promise<ForeignRows> {
  const parts: ForeignRows[] = [];
  const table = await handle.open();
  for await (const batch of lookUp(table, columns.corpus.key, keys, columnsToRead(columns, true))) {
    parts.push(readForeign(batch, columns, true, null));
  }
  return mergeForeign(parts);
}

/** Parts of a table as one. */
export function mergeForeign(parts: readonly ForeignRows[]): ForeignRows {
  return {
    keys: parts.flatMap((part) => part.keys),
    texts: parts.flatMap((part) => part.texts),
    vectors: parts.flatMap((part) => part.vectors),
    models: parts.flatMap((part) => part.models),
    versions: parts.flatMap((part) => part.versions),
    embeddedAtMs: parts.flatMap((part) => part.embeddedAtMs),
  };
}

function columnsToRead(columns: ForeignColumns, texts: boolean): string[] {
  const { corpus, vector, model, version, embeddedAt } = columns;
  const named = [corpus.key, vector, model, version, embeddedAt, ...(texts ? corpus.text : [])];
  return [...new Set(named.filter((column) => column !== null))];
}

/** The rows of a batch that are to be kept; all of them where nothing is said. */
export function readForeign(
  batch: RecordBatch,
  columns: ForeignColumns,
  texts: boolean,
  keep: ((row: number) => boolean) | null,
): ForeignRows {
  const tags = (column: string | null): (string | null)[] => {
    if (column === null) return Array.from({ length: batch.numRows }, () => null);
    const values = columnOf(batch, column);
    return Array.from({ length: batch.numRows }, (_, row) => tagOf(values.get(row) as Tag));
  };
  const all = {
    keys: readKeys(columnOf(batch, columns.corpus.key)),
    texts: texts ? documentsOf(batch, columns.corpus) : [],
    vectors: vectorsOf(columnOf(batch, columns.vector).data[0], columns.vector),
    models: tags(columns.model),
    versions: tags(columns.version),
    embeddedAtMs: timesOf(batch, columns.embeddedAt),
  };
  if (keep === null) return all;
  const kept = <Value>(values: readonly Value[]): Value[] => values.filter((_, row) => keep(row));
  return {
    keys: kept(all.keys),
    texts: kept(all.texts),
    vectors: kept(all.vectors),
    models: kept(all.models),
    versions: kept(all.versions),
    embeddedAtMs: kept(all.embeddedAtMs),
  };
}

/** What Arrow gives for a string, an integer, or nothing. */
type Tag = string | number | bigint | null | undefined;

/** The empty text is no tag: it names nothing. */
function tagOf(value: Tag): string | null {
  return value === null || value === undefined || value === "" ? null : String(value);
}

function vectorsOf(data: Data | undefined, column: string): (Float32Array | null)[] {
  if (data === undefined) return [];
  const child = data.children[0] as Data;
  const type = vectorTypeOf(data.type) as VectorType;
  const bounds = boundsOf(data as Data<FixedSizeList | List>);
  return Array.from({ length: data.length }, (_, row) => {
    if (!data.getValid(row)) return null;
    const [from, to] = bounds(row);
    if (child.nullCount > 0) checkItems(child, from, to, column);
    return decodeValues(child.values as Float32Array, type, child.offset + from, child.offset + to);
  });
}

/** Where a row's values stand in the child, by row. */
function boundsOf(data: Data<FixedSizeList | List>): (row: number) => [from: number, to: number] {
  const { type } = data;
  if (arrow.DataType.isFixedSizeList(type)) {
    const size = type.listSize;
    return (row) => [(data.offset + row) * size, (data.offset + row + 1) * size];
  }
  const offsets = data.valueOffsets as Int32Array;
  return (row) => [offsets[row] as number, offsets[row + 1] as number];
}

function checkItems(child: Data, from: number, to: number, column: string): void {
  for (let index = from; index < to; index += 1) {
    if (child.getValid(index)) continue;
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_TYPE",
      `column ${JSON.stringify(column)} holds a vector with a null among its values; make the whole vector null, or mend it`,
      { details: { column } },
    );
  }
}

function timesOf(batch: RecordBatch, column: string | null): (number | null)[] {
  if (column === null) return Array.from({ length: batch.numRows }, () => null);
  const values = columnOf(batch, column);
  return Array.from({ length: batch.numRows }, (_, row) =>
    timeOf(values.get(row) as string | number | null, column),
  );
}

/** Arrow gives times of every unit as milliseconds. */
function timeOf(value: string | number | null, column: string): number | null {
  if (value === null || value === "") return null;
  const timeMs = typeof value === "string" ? Date.parse(value) : value;
  if (Number.isFinite(timeMs)) return Math.floor(timeMs);
  throw new ReembedError(
    "REEMBED_CORPUS_COLUMN_TYPE",
    `column ${JSON.stringify(column)} holds ${JSON.stringify(String(value))}, which is no time in ISO 8601`,
    { details: { column, value: String(value) } },
  );
}
