import type { Data, DataType } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { arrowData } from "./arrow-data.ts";
import type { DataParts } from "./arrow-data.ts";
import type { IpcBuffers } from "./ipc-buffers.ts";
import type { IpcField } from "./ipc-fields.ts";
import { leafData } from "./leaf-data.ts";
import { sliceBits } from "./slice-bits.ts";

/** Rows `[from, from + length)` of a column of one batch. */
export type ColumnSlice = (from: number, length: number) => Data;

/** The values that a dictionary-encoded column points into. */
export interface Dictionary {
  readonly slice: ColumnSlice;
  readonly length: number;
}

/** Dictionaries by id. */
export type Dictionaries = ReadonlyMap<number, Dictionary>;

/**
 * A column of a batch, to be sliced. Plain kinds are not copied but for their offsets; others are
 * decoded a slice at a time, so that a huge batch is never decoded whole.
 * @throws Error where the buffers do not fit together
 */
export function ipcColumn(field: IpcField, buffers: IpcBuffers, dictionaries: Dictionaries): ColumnSlice {
  const { type, layout } = field;
  const { length: rows, nullCount } = buffers.nextNode();
  const inRange =
    (slice: ColumnSlice): ColumnSlice =>
    (from, length) => {
      if (from + length > rows) throw new Error(`the column ${JSON.stringify(field.name)} has too few rows`);
      return slice(from, length);
    };
  if (layout.kind === "null") return inRange((_from, length) => arrowData(type, { length }));

  const bitmap = buffers.nextBuffer();
  const nulls = (from: number, length: number): { nullCount: number; nullBitmap: Uint8Array | null } =>
    nullCount === 0 || bitmap.length === 0
      ? { nullCount: 0, nullBitmap: null }
      : { nullCount: -1, nullBitmap: sliceBits(bitmap, from, length) };
  const made = (from: number, length: number, parts: Omit<DataParts, "length">): Data =>
    arrowData(type, { length, ...nulls(from, length), ...parts });

  switch (layout.kind) {
    case "bits": {
      const bits = buffers.nextBuffer();
      return inRange((from, length) => made(from, length, { data: sliceBits(bits, from, length) }));
    }
    case "fixed": {
      const values = fixedValues(type, buffers.nextBuffer(), layout.bytes);
      const stride = values.stride;
      return inRange((from, length) =>
        made(from, length, { data: values.array.subarray(from * stride, (from + length) * stride) }),
      );
    }
    case "bytes": {
      const offsets = readOffsets(buffers.nextBuffer(), layout.wide);
      const bytes = buffers.nextBuffer();
      return inRange((from, length) => {
        const { start, end, valueOffsets } = rebased(offsets, from, length, bytes.length);
        return made(from, length, { valueOffsets, data: bytes.subarray(start, end) });
      });
    }
    case "views": {
      const views = buffers.nextBuffer();
      const longs = Array.from({ length: buffers.nextVariadicCount() }, () => buffers.nextBuffer());
      return inRange((from, length) => made(from, length, viewedBytes(views, longs, from, length)));
    }
    case "list": {
      const offsets = readOffsets(buffers.nextBuffer(), layout.wide);
      const item = ipcColumn(layout.item, buffers, dictionaries);
      return inRange((from, length) => {
        const { start, end, valueOffsets } = rebased(offsets, from, length, Number.MAX_SAFE_INTEGER);
        return made(from, length, { valueOffsets, child: item(start, end - start) });
      });
    }
    case "fixed-list": {
      const item = ipcColumn(layout.item, buffers, dictionaries);
      return inRange((from, length) =>
        made(from, length, { child: item(from * layout.size, length * layout.size) }),
      );
    }
    case "struct": {
      const children = layout.fields.map((child) => ipcColumn(child, buffers, dictionaries));
      return inRange((from, length) =>
        made(from, length, { children: children.map((child) => child(from, length)) }),
      );
    }
    case "dictionary": {
      const values = fixedValues(layout.index.type, buffers.nextBuffer(), indexBytes(layout.index));
      const dictionary = dictionaries.get(layout.id);
      return inRange((from, length) => {
        const places = values.array.subarray(from, from + length);
        const { nullBitmap } = nulls(from, length);
        return lookedUp(type, places, nullBitmap, dictionary);
      });
    }
  }
}

type FixedArray = {
  subarray(from: number, to: number): ArrayBufferView & ArrayLike<number | bigint>;
};

/** A buffer as the typed array that Arrow holds such values in; `stride` is its items per value. */
function fixedValues(
  type: DataType,
  bytes: Uint8Array,
  byteWidth: number,
): { array: FixedArray; stride: number } {
  const ArrayType = type.ArrayType as unknown as {
    new (buffer: ArrayBufferLike, offset: number, length: number): FixedArray;
    readonly BYTES_PER_ELEMENT: number;
  };
  const itemBytes = ArrayType.BYTES_PER_ELEMENT;
  const array = new ArrayType(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / itemBytes));
  return { array, stride: byteWidth / itemBytes };
}

function indexBytes(field: IpcField): number {
  return field.layout.kind === "fixed" ? field.layout.bytes : 4;
}

type Offsets = Int32Array | BigInt64Array;

function readOffsets(bytes: Uint8Array, wide: boolean): Offsets {
  // A column without rows may leave its one offset out.
  if (bytes.length === 0) return new Int32Array(1);
  return wide
    ? new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3)
    : new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/** Offsets of a slice, from 0, and the part of the values that they are into. */
function rebased(
  offsets: Offsets,
  from: number,
  length: number,
  limit: number,
): { start: number; end: number; valueOffsets: Int32Array } {
  if (from + length >= offsets.length) throw new Error("a column has too few offsets");
  const start = Number(offsets[from]);
  const valueOffsets = new Int32Array(length + 1);
  let end = start;
  for (let row = 1; row <= length; row += 1) {
    const next = Number(offsets[from + row]);
    if (next < end) throw new Error("a column's offsets go backwards");
    end = next;
    valueOffsets[row] = end - start;
  }
  if (start < 0 || end > limit) throw new Error("a column's offsets go past its values");
  if (end - start > 0x7fff_ffff) throw new Error("the values of one batch are longer than 2 GiB");
  return { start, end, valueOffsets };
}

/** Bytes of a view: length, then the value if it fits, else a prefix, the buffer and the place in it. */
const viewBytes = 16;
const inlineBytes = 12;

function viewedBytes(
  views: Uint8Array,
  longs: readonly Uint8Array[],
  from: number,
  length: number,
): { valueOffsets: Int32Array; data: Uint8Array } {
  const words = new Int32Array(views.buffer, views.byteOffset, views.length >> 2);
  const valueOffsets = new Int32Array(length + 1);
  let total = 0;
  for (let row = 0; row < length; row += 1) {
    total += words[(from + row) * 4] ?? 0;
    valueOffsets[row + 1] = total;
  }
  const data = new Uint8Array(total);
  for (let row = 0; row < length; row += 1) {
    const word = (from + row) * 4;
    const size = words[word] ?? 0;
    const isInline = size <= inlineBytes;
    const source = isInline ? views : longs[words[word + 2] ?? 0];
    const start = isInline ? (from + row) * viewBytes + 4 : (words[word + 3] ?? 0);
    if (source === undefined || size < 0 || start < 0 || start + size > source.length) {
      throw new Error("a view goes past its buffer");
    }
    data.set(source.subarray(start, start + size), valueOffsets[row] ?? 0);
  }
  return { valueOffsets, data };
}

/** The values behind places in a dictionary, written out. */
function lookedUp(
  type: DataType,
  places: ArrayLike<number | bigint>,
  nullBitmap: Uint8Array | null,
  dictionary: Dictionary | undefined,
): Data {
  if (dictionary === undefined) throw new Error("a dictionary is missing");
  const values = dictionary.slice(0, dictionary.length);
  const rows = places.length;
  let row = 0;
  /** The place of the next row; -1 for null. */
  const nextPlace = (): number => {
    const isNull = nullBitmap !== null && (((nullBitmap[row >> 3] ?? 0) >> (row & 7)) & 1) === 0;
    const place = Number(places[row]);
    row += 1;
    if (isNull) return -1;
    if (place < 0 || place >= dictionary.length) throw new Error("a place is not in its dictionary");
    return values.getValid(place) ? place : -1;
  };
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isBinary(type)) {
    const offsets = values.valueOffsets as Int32Array;
    const bytes = values.values as Uint8Array;
    return leafData({ type, convert: null }, rows, () => {
      const place = nextPlace();
      return place === -1 ? null : bytes.subarray(offsets[place], offsets[place + 1]);
    });
  }
  const vector = arrow.makeVector(values);
  const builder = arrow.makeBuilder({ type, nullValues: [null] });
  while (row < rows) {
    const place = nextPlace();
    builder.append(place === -1 ? null : vector.get(place));
  }
  return builder.finish().flush();
}
