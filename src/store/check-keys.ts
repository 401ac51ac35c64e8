import type { Table } from "@lancedb/lancedb";
import type { Data, RecordBatch } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { Key } from "../core/words.ts";
import { columnOf } from "./batch-columns.ts";
import { quoteColumn } from "./column-name.ts";
import { fragmentMap } from "./fragment-map.ts";
import { type KeyType, keyTypeOf, readKeys } from "./key-column.ts";
import { schemaOf } from "./read-registry.ts";
import { scanSpans } from "./scan-rows.ts";

const scanOptions = { batchRows: 1 << 16 };

/**
 * Refuses a table whose key is null or stands twice: a merge would fill all copies with the vector
 * of one. Memory: 8 bytes per row; strings are compared by a 64-bit hash, and in full where it meets.
 * @throws REEMBED_STORE_KEY_NULL, REEMBED_STORE_KEY_DUPLICATE
 */
export async function checkKeys(table: Table, column: string): Promise<void> {
  const nulls = await table.countRows(`${quoteColumn(column)} IS NULL`);
  if (nulls > 0) {
    throw new ReembedError(
      "REEMBED_STORE_KEY_NULL",
      `table ${table.name} has ${nulls} rows without a key in column ${column}; a backfill could not address them: give each row a key`,
      { details: { table: table.name, column, rows: nulls } },
    );
  }
  const type = keyTypeOf(await schemaOf(table), column);
  const tokens = await readTokens(table, column, type);
  tokens.sort();
  const repeated = new Set<bigint>();
  for (let row = 1; row < tokens.length; row += 1) {
    if (tokens[row] === tokens[row - 1]) repeated.add(tokens[row] as bigint);
  }
  if (repeated.size === 0) return;
  const { duplicate, rows } = await findDuplicates(table, column, type, repeated);
  if (duplicate === null) return;
  throw new ReembedError(
    "REEMBED_STORE_KEY_DUPLICATE",
    `table ${table.name} has ${rows} rows whose key stands in another row too, such as ${JSON.stringify(String(duplicate))} in column ${column}; make the keys unique`,
    { details: { table: table.name, column, key: String(duplicate), rows } },
  );
}

/** One 64-bit token per row: an integer's value, or a string's hash. */
async function readTokens(table: Table, column: string, type: KeyType): Promise<BigUint64Array> {
  const tokens = new BigUint64Array(await table.countRows());
  let to = 0;
  for await (const batch of scanSpans(table, await fragmentMap(table), [column], scanOptions)) {
    to = batchTokens(batch, column, type, tokens, to);
  }
  return tokens;
}

function batchTokens(
  batch: RecordBatch,
  column: string,
  type: KeyType,
  tokens: BigUint64Array,
  from: number,
): number {
  let to = from;
  for (const data of columnOf(batch, column).data) {
    if (arrow.DataType.isInt(type)) {
      const values = data.values as BigInt64Array | Int32Array;
      for (let row = 0; row < data.length; row += 1) {
        tokens[to++] = BigInt.asUintN(64, BigInt(values[row] as number | bigint));
      }
    } else {
      to = hashStrings(data, tokens, to);
    }
  }
  return to;
}

/** Words of 32 bits in which two hash halves are written and then read as one. */
const halves = new Uint32Array(2);
const whole = new BigUint64Array(halves.buffer);

/**
 * Two FNV-1a hashes of different seeds over a string's bytes, without decoding it.
 * Source: FNV-1a, 32-bit prime 0x01000193, offset basis 0x811c9dc5; the second seed is arbitrary.
 */
function hashStrings(data: Data, tokens: BigUint64Array, from: number): number {
  const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array;
  const bytes = data.values as Uint8Array;
  let to = from;
  let start = Number(offsets[0]);
  for (let row = 0; row < data.length; row += 1) {
    const end = Number(offsets[row + 1]);
    let a = 0x811c9dc5;
    let b = 0x9e3779b9;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x85ebca6b) ^ (b >>> 15);
    }
    halves[0] = a;
    halves[1] = b;
    tokens[to++] = whole[0] as bigint;
    start = end;
  }
  return to;
}

/** Reads the keys of the repeated tokens again, to tell duplicates from strings of equal hash. */
async function findDuplicates(
  table: Table,
  column: string,
  type: KeyType,
  repeated: ReadonlySet<bigint>,
): Promise<{ duplicate: Key | null; rows: number }> {
  const seen = new Set<Key>();
  let duplicate: Key | null = null;
  let rows = 0;
  for await (const batch of scanSpans(table, await fragmentMap(table), [column], scanOptions)) {
    const tokens = new BigUint64Array(batch.numRows);
    batchTokens(batch, column, type, tokens, 0);
    if (!tokens.some((token) => repeated.has(token))) continue;
    for (const [row, key] of readKeys(columnOf(batch, column)).entries()) {
      if (!repeated.has(tokens[row] as bigint)) continue;
      if (seen.has(key)) {
        duplicate ??= key;
        rows += 1;
      }
      seen.add(key);
    }
  }
  return { duplicate, rows };
}
