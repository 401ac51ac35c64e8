import type { Table } from "@lancedb/lancedb";
import type { FixedSizeList, RecordBatch } from "apache-arrow";
import type { HeldVectors, VectorReuse } from "../core/ports-reuse.ts";
import type { VersionRecord } from "../core/version.ts";
import { columnOf } from "./batch-columns.ts";
import { type FragmentSpan, fragmentMap } from "./fragment-map.ts";
import { hashSet, type HashSet } from "./hash-set.ts";
import { schemaOf } from "./read-registry.ts";
import { readRegistry } from "./registry.ts";
import { scanSpans } from "./scan-rows.ts";
import { storeError } from "./store-error.ts";
import type { TableHandle } from "./table-handle.ts";
import { decodeValues } from "./vector-values.ts";

/** Hashes read at once: 2 MB. */
const scanRows = 1 << 18;

/** Rows whose vectors are read at once: 12 MB at 384 dimensions. */
const takeRows = 8192;

/** Finds vectors in a table's own columns. */
export function vectorReuse(handle: TableHandle): VectorReuse {
  return {
    async donors(version) {
      const schema = await schemaOf(await handle.open());
      const columns = new Set(schema.fields.map((field) => field.name));
      return readRegistry(schema).versions.filter(
        (other) =>
          other.name !== version.name &&
          other.spaceId === version.spaceId &&
          other.vectorType === version.vectorType &&
          columns.has(other.column) &&
          columns.has(other.hashColumn),
      );
    },
    async find(from, hashes, fragmentIds) {
      const table = await handle.open();
      const wanted = hashSet(hashes);
      const offsets = await offsetsOf(table, from, wanted, await spansOf(table, fragmentIds));
      if (offsets.length === 0) return null;
      return takeVectors(table, from, wanted, offsets, hashes.length);
    },
  };
}

/** The whole table is one span: what lies where is only asked of fragments that are named. */
async function spansOf(table: Table, fragmentIds: readonly number[] | null): Promise<FragmentSpan[]> {
  if (fragmentIds === null) return [{ id: -1, offset: 0, rows: await table.countRows(), nulls: 0 }];
  const ids = new Set(fragmentIds);
  return (await fragmentMap(table)).filter(({ id }) => ids.has(id));
}

/** Places in the table of one row for each hash that is there, ascending. */
async function offsetsOf(
  table: Table,
  from: VersionRecord,
  wanted: HashSet,
  spans: readonly FragmentSpan[],
): Promise<number[]> {
  const offsets: number[] = [];
  const seen = new Uint8Array(wanted.size);
  for (const span of spans) {
    let at = span.offset;
    for await (const batch of scanSpans(table, [span], [from.hashColumn], { batchRows: scanRows })) {
      for (const data of columnOf(batch, from.hashColumn).data) {
        const words = wordsOf(data.values as BigInt64Array);
        for (let row = 0; row < data.length; row += 1) {
          const entry = wanted.find(words[row * 2] as number, words[row * 2 + 1] as number);
          if (entry < 0 || seen[entry] === 1 || (data.nullCount > 0 && !data.getValid(row))) continue;
          seen[entry] = 1;
          offsets.push(at + row);
        }
        at += data.length;
      }
    }
  }
  return offsets;
}

/** Reads the vectors at these places. They are matched by their own hashes, not by their order. */
async function takeVectors(
  table: Table,
  from: VersionRecord,
  wanted: HashSet,
  offsets: readonly number[],
  texts: number,
): Promise<HeldVectors | null> {
  const { dimensions } = from.space;
  const found = new Uint8Array(texts);
  const vectors = new Float32Array(texts * dimensions);
  let some = false;
  for (let start = 0; start < offsets.length; start += takeRows) {
    for (const batch of await takeBatches(table, from, offsets.slice(start, start + takeRows))) {
      const list = columnOf(batch, from.column).data[0];
      const hashes = columnOf(batch, from.hashColumn).data[0];
      if (list === undefined || hashes === undefined) continue;
      const { listSize } = list.type as FixedSizeList;
      const values = list.children[0]?.values as Float32Array;
      const words = wordsOf(hashes.values as BigInt64Array);
      for (let row = 0; row < batch.numRows; row += 1) {
        const entry = wanted.find(words[row * 2] as number, words[row * 2 + 1] as number);
        if (entry < 0 || !list.getValid(row) || !hashes.getValid(row)) continue;
        const at = (list.offset + row) * listSize;
        const vector = decodeValues(values, from.vectorType, at, at + listSize);
        // A zero vector may stand for a text that has none: that is for the lane to say.
        if (vector.every((value) => value === 0)) continue;
        for (const text of wanted.textsOf(entry)) {
          found[text] = 1;
          vectors.set(vector, text * dimensions);
        }
        some = true;
      }
    }
  }
  return some ? { found, vectors } : null;
}

async function takeBatches(
  table: Table,
  from: VersionRecord,
  offsets: readonly number[],
): Promise<RecordBatch[]> {
  try {
    const read = await table
      .takeOffsets([...offsets])
      .select([from.hashColumn, from.column])
      .toArrow();
    return read.batches;
  } catch (error) {
    throw storeError(
      error,
      "REEMBED_STORE_READ_FAILED",
      `vectors of version ${from.name} of table ${table.name} cannot be read`,
    );
  }
}

/** Hashes as pairs of 32-bit words: big integers would be made, and collected, for every row. */
function wordsOf(hashes: BigInt64Array): Int32Array {
  return new Int32Array(hashes.buffer, hashes.byteOffset, hashes.length * 2);
}
