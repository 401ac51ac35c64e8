import type { Data, DataType } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { batchRows } from "./batch-limits.ts";
import { validityWriter } from "./validity.ts";

/** What a column of a text format holds. `json` is text: strings as they are, the rest as JSON. */
export type ColumnKind = "integer" | "float" | "boolean" | "string" | "json";

/** A column of a text format, by name and kind. */
export interface TextColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** The Arrow type of each kind of column. */
export const columnTypes: Readonly<Record<ColumnKind, () => DataType>> = {
  integer: () => new arrow.Int64(),
  float: () => new arrow.Float64(),
  boolean: () => new arrow.Bool(),
  string: () => new arrow.Utf8(),
  json: () => new arrow.Utf8(),
};

/** Writes the values of one column, a batch at a time. Null is a missing value. */
export interface ColumnWriter<Value> {
  append(value: Value | null): void;
  /** Bytes written since the last `finish`. */
  bytes(): number;
  /** The column of the rows since the last `finish`. Owner: the caller. */
  finish(): Data;
}

/** Writes text as Utf8. A lone surrogate, which UTF-8 cannot say, becomes U+FFFD. */
export function textWriter(): ColumnWriter<string> {
  let offsets = new Int32Array(batchRows + 1);
  let buffer = Buffer.allocUnsafeSlow(1 << 16);
  let validity = validityWriter(batchRows);
  let rows = 0;
  let end = 0;
  return {
    append(value) {
      if (value === null) {
        validity.markNull(rows);
      } else {
        // A UTF-16 unit is at most three bytes of UTF-8.
        const needed = end + value.length * 3;
        if (needed > buffer.length) {
          const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
          buffer.copy(larger, 0, 0, end);
          buffer = larger;
        }
        end += buffer.write(value, end, "utf8");
      }
      rows += 1;
      offsets[rows] = end;
    },
    bytes: () => end,
    finish() {
      const data = arrow.makeData({
        type: new arrow.Utf8(),
        length: rows,
        ...validity.finish(rows),
        valueOffsets: offsets.subarray(0, rows + 1),
        data: buffer.subarray(0, end),
      });
      offsets = new Int32Array(batchRows + 1);
      buffer = Buffer.allocUnsafeSlow(Math.max(1 << 16, end + (end >> 3)));
      validity = validityWriter(batchRows);
      rows = 0;
      end = 0;
      return data;
    },
  };
}

/** Writes numbers, integers or booleans. */
export function scalarWriter(kind: "integer" | "float" | "boolean"): ColumnWriter<number | bigint | boolean> {
  let values = newValues(kind);
  let validity = validityWriter(batchRows);
  let rows = 0;
  return {
    append(value) {
      if (value === null) validity.markNull(rows);
      else if (values instanceof BigInt64Array) values[rows] = BigInt(value);
      else if (values instanceof Float64Array) values[rows] = Number(value);
      else if (value === true) values[rows >> 3] = (values[rows >> 3] ?? 0) | (1 << (rows & 7));
      rows += 1;
    },
    bytes: () => rows * 8,
    finish() {
      const length = rows;
      const nulls = validity.finish(rows);
      const data =
        values instanceof BigInt64Array
          ? arrow.makeData({ type: new arrow.Int64(), length, ...nulls, data: values.subarray(0, rows) })
          : values instanceof Float64Array
            ? arrow.makeData({ type: new arrow.Float64(), length, ...nulls, data: values.subarray(0, rows) })
            : arrow.makeData({
                type: new arrow.Bool(),
                length,
                ...nulls,
                data: values.subarray(0, (rows + 7) >> 3),
              });
      values = newValues(kind);
      validity = validityWriter(batchRows);
      rows = 0;
      return data;
    },
  };
}

function newValues(kind: "integer" | "float" | "boolean"): BigInt64Array | Float64Array | Uint8Array {
  if (kind === "integer") return new BigInt64Array(batchRows);
  if (kind === "float") return new Float64Array(batchRows);
  return new Uint8Array((batchRows + 7) >> 3);
}
