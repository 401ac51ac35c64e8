/**
 * A table of a flatbuffer, read in place. Slots are numbered as in the schema that the buffer was
 * written by; an absent slot has its default.
 * Source: the FlatBuffers binary format ("FlatBuffers internals").
 */
export interface FlatTable {
  int8(slot: number, absent?: number): number;
  int16(slot: number, absent?: number): number;
  int32(slot: number, absent?: number): number;
  /** @throws RangeError where the value is beyond 2^53 */
  int64(slot: number, absent?: number): number;
  text(slot: number): string | null;
  table(slot: number): FlatTable | null;
  tables(slot: number): FlatTable[];
  /** Pairs of 64-bit integers, which is what the structs of Arrow's batches are. */
  pairs(slot: number): (readonly [number, number])[];
  /** Where the messages of an Arrow file are. */
  blocks(slot: number): { offset: number; metadataBytes: number; bodyBytes: number }[];
  /** A vector of 64-bit integers. */
  int64s(slot: number): number[];
}

/** The table at the root of a flatbuffer. */
export function flatRoot(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tableAt(view, view.getUint32(0, true));
}

function tableAt(view: DataView, at: number): FlatTable {
  const layout = at - view.getInt32(at, true);
  const layoutBytes = view.getUint16(layout, true);

  /** Where a slot's value is; 0 if it is absent. */
  const place = (slot: number): number => {
    const entry = 4 + slot * 2;
    const offset = entry < layoutBytes ? view.getUint16(layout + entry, true) : 0;
    return offset === 0 ? 0 : at + offset;
  };
  /** Where the thing is that a slot points to; 0 if there is none. */
  const target = (slot: number): number => {
    const from = place(slot);
    return from === 0 ? 0 : from + view.getUint32(from, true);
  };
  const scalar = (slot: number, absent: number, read: (from: number) => number): number => {
    const from = place(slot);
    return from === 0 ? absent : read(from);
  };
  const vector = <Item>(slot: number, itemBytes: number, read: (from: number) => Item): Item[] => {
    const from = target(slot);
    if (from === 0) return [];
    const length = view.getUint32(from, true);
    if (from + 4 + length * itemBytes > view.byteLength) throw new RangeError("a vector goes past the end");
    return Array.from({ length }, (_, index) => read(from + 4 + index * itemBytes));
  };

  return {
    int8: (slot, absent = 0) => scalar(slot, absent, (from) => view.getInt8(from)),
    int16: (slot, absent = 0) => scalar(slot, absent, (from) => view.getInt16(from, true)),
    int32: (slot, absent = 0) => scalar(slot, absent, (from) => view.getInt32(from, true)),
    int64: (slot, absent = 0) => scalar(slot, absent, (from) => safeInt64(view, from)),
    text(slot) {
      const from = target(slot);
      if (from === 0) return null;
      const length = view.getUint32(from, true);
      return Buffer.from(view.buffer, view.byteOffset + from + 4, length).toString("utf8");
    },
    table(slot) {
      const from = target(slot);
      return from === 0 ? null : tableAt(view, from);
    },
    tables: (slot) => vector(slot, 4, (from) => tableAt(view, from + view.getUint32(from, true))),
    pairs: (slot) => vector(slot, 16, (from) => [safeInt64(view, from), safeInt64(view, from + 8)] as const),
    blocks: (slot) =>
      vector(slot, 24, (from) => ({
        offset: safeInt64(view, from),
        metadataBytes: view.getInt32(from + 8, true),
        bodyBytes: safeInt64(view, from + 16),
      })),
    int64s: (slot) => vector(slot, 8, (from) => safeInt64(view, from)),
  };
}

function safeInt64(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${value} is out of range`);
  return value;
}
