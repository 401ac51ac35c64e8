import type { Data, DataType, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";

/** The buffers and children of a column; which of them there are depends on its type. */
export interface DataParts {
  readonly length: number;
  /** -1 where they are yet to be counted. */
  readonly nullCount?: number;
  /** One bit a row, lowest first; null where every row has a value. */
  readonly nullBitmap?: Uint8Array | null;
  readonly data?: ArrayBufferView;
  readonly valueOffsets?: Int32Array;
  /** The items of a list. */
  readonly child?: Data;
  /** The fields of a struct. */
  readonly children?: readonly Data[];
}

/** A column of a type that is only known at run time, which Arrow's own overloads cannot express. */
export function arrowData(type: DataType, parts: DataParts): Data {
  return arrow.makeData({ type, ...parts } as unknown as Parameters<typeof arrow.makeData>[0]);
}

/** A batch of columns of one length. */
export function recordBatch(schema: Schema, length: number, children: readonly Data[]): RecordBatch {
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, children: [...children] });
  return new arrow.RecordBatch(schema, data);
}
