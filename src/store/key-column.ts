import type { Data, DataType, Int, Schema, Utf8, Vector } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import { countKeys, type KeyColumn, packKeys } from "../core/key-column.ts";
import type { Key } from "../core/words.ts";
import { readStrings } from "./utf8-column.ts";

/** The types that a key may have: those that Lance builds a BTREE on and that name a row well. */
export type KeyType = Utf8 | Int;

const lowestInt64 = -(2n ** 63n);

/** The type of the key column. @throws REEMBED_CORPUS_COLUMN_MISSING, REEMBED_CORPUS_COLUMN_TYPE */
export function keyTypeOf(schema: Schema, column: string): KeyType {
  const field = schema.fields.find((candidate) => candidate.name === column);
  if (field === undefined) {
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_MISSING",
      `there is no key column ${JSON.stringify(column)}; the columns are ${schema.fields.map((other) => other.name).join(", ")}`,
      { details: { column } },
    );
  }
  const type: DataType = field.type;
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isInt(type)) return type;
  throw new ReembedError(
    "REEMBED_CORPUS_COLUMN_TYPE",
    `the key column ${JSON.stringify(column)} is of type ${String(field.type)}; a key must be an integer or a string (Utf8; Lance has no index for LargeUtf8)`,
    { details: { column, type: String(field.type) } },
  );
}

/** Keys of an Arrow column: strings as they are, integers of every width as bigint. */
export function readKeys(column: Vector): Key[] {
  if (arrow.DataType.isUtf8(column.type)) return readStrings(column) as string[];
  const keys = new Array<Key>(column.length);
  for (let row = 0; row < column.length; row += 1) {
    const value: unknown = column.get(row);
    keys[row] = typeof value === "number" ? BigInt(value) : (value as Key);
  }
  return keys;
}

/** Keys of an Arrow column, as they lie there where they can. */
export function readKeyColumn(column: Vector): KeyColumn {
  const [data, more] = column.data;
  if (data === undefined || more !== undefined) return packKeys(readKeys(column));
  const { values, length } = data;
  if (arrow.DataType.isUtf8(data.type)) {
    const { valueOffsets } = data as Data<Utf8>;
    return { kind: "text", texts: { bytes: values, offsets: valueOffsets.subarray(0, length + 1) } };
  }
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return { kind: "integer", values: values.subarray(0, length) };
  }
  return { kind: "integer", values: BigInt64Array.from(values.subarray(0, length), BigInt) };
}

/** Keys as Arrow data of the column's own type. */
export function keyData(keys: KeyColumn, type: KeyType): Data {
  const length = countKeys(keys);
  if (keys.kind === "text") {
    const { bytes, offsets } = keys.texts;
    return arrow.makeData({ type: type as Utf8, length, nullCount: 0, valueOffsets: offsets, data: bytes });
  }
  const integer = type as Int;
  if (integer.bitWidth === 64) {
    return arrow.makeData({ type: integer, length, nullCount: 0, data: keys.values } as never);
  }
  const values = new integer.ArrayType(length);
  for (let row = 0; row < length; row += 1) values[row] = Number(keys.values[row]);
  return arrow.makeData({ type: integer, length, nullCount: 0, data: values } as never);
}

/** A key as a literal of Lance's SQL, safe for any string and any integer. */
export function keyLiteral(key: Key): string {
  if (typeof key === "string") return `'${key.replaceAll("'", "''")}'`;
  // The parser takes the digits before the sign: alone they exceed 64 bits.
  return key === lowestInt64 ? `CAST('${key}' AS BIGINT)` : String(key);
}
