import type { Data, DataType } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { arrowData } from "./arrow-data.ts";
import type { ParquetLeaf, StoredValue } from "./parquet-leaf.ts";
import { validityWriter } from "./validity.ts";

/** Gives the next value of a column; null for a missing one. */
export type NextValue = () => StoredValue | null;

/** The next `rows` values of a primitive column as Arrow data. Owner: the caller. */
export function leafData({ type, convert }: ParquetLeaf, rows: number, next: NextValue): Data {
  const validity = validityWriter(rows);
  const each = (write: (row: number, value: StoredValue) => void): void => {
    for (let row = 0; row < rows; row += 1) {
      const stored = next();
      if (stored === null) validity.markNull(row);
      else write(row, convert === null ? stored : convert(stored));
    }
  };
  const buffers = fillBuffers(type, rows, each);
  return arrowData(type, { length: rows, ...validity.finish(rows), ...buffers });
}

/** The buffers of a column: its values, and where each begins if they differ in length. */
interface LeafBuffers {
  readonly data: ArrayBufferView;
  readonly valueOffsets?: Int32Array;
}

type Each = (write: (row: number, value: StoredValue) => void) => void;

function fillBuffers(type: DataType, rows: number, each: Each): LeafBuffers {
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isBinary(type)) return joinedBytes(rows, each);
  if (arrow.DataType.isDecimal(type)) return { data: words(fixedBytes(rows, 16, each)) };
  if (arrow.DataType.isFixedSizeBinary(type)) return { data: fixedBytes(rows, type.byteWidth, each) };
  if (arrow.DataType.isBool(type)) {
    const data = new Uint8Array((rows + 7) >> 3);
    each((row, value) => {
      if (value === true) data[row >> 3] = (data[row >> 3] ?? 0) | (1 << (row & 7));
    });
    return { data };
  }
  const data = new type.ArrayType(rows) as ArrayBufferView & { [row: number]: StoredValue };
  each((row, value) => {
    data[row] = value;
  });
  return { data };
}

function joinedBytes(rows: number, each: Each): LeafBuffers {
  const parts: (Uint8Array | undefined)[] = Array.from({ length: rows });
  let total = 0;
  each((row, value) => {
    parts[row] = value as Uint8Array;
    total += (value as Uint8Array).length;
  });
  if (total > 0x7fff_ffff) throw new Error(`${rows} values of ${total} bytes are too long for one batch`);
  const valueOffsets = new Int32Array(rows + 1);
  const data = new Uint8Array(total);
  let end = 0;
  for (let row = 0; row < rows; row += 1) {
    const part = parts[row];
    if (part !== undefined) {
      data.set(part, end);
      end += part.length;
    }
    valueOffsets[row + 1] = end;
  }
  return { data, valueOffsets };
}

function fixedBytes(rows: number, width: number, each: Each): Uint8Array {
  const data = new Uint8Array(rows * width);
  each((row, value) => data.set(value as Uint8Array, row * width));
  return data;
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
