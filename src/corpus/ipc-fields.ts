import type { DataType, Field } from "apache-arrow";
import { arrow } from "../arrow.ts";
import type { FlatTable } from "./flat-table.ts";

/** How the values of a column lie in the buffers of a batch. */
export type IpcLayout =
  | { readonly kind: "null" }
  | { readonly kind: "bits" }
  | { readonly kind: "fixed"; readonly bytes: number }
  /** Text or bytes behind offsets of 32 or 64 bits. */
  | { readonly kind: "bytes"; readonly wide: boolean }
  /** Text or bytes behind views: the short ones inside, the long ones elsewhere. */
  | { readonly kind: "views" }
  | { readonly kind: "list"; readonly wide: boolean; readonly item: IpcField }
  | { readonly kind: "fixed-list"; readonly size: number; readonly item: IpcField }
  | { readonly kind: "struct"; readonly fields: readonly IpcField[] }
  | { readonly kind: "dictionary"; readonly id: number; readonly index: IpcField; readonly values: IpcField };

/** A column as it is stored, and the Arrow type that it is given out with. */
export interface IpcField {
  readonly name: string;
  readonly type: DataType;
  readonly layout: IpcLayout;
}

interface Reading {
  readonly type: DataType;
  readonly layout: IpcLayout;
}

/**
 * The columns of a schema message. Large, viewed and dictionary-encoded kinds are given out as their
 * plain counterparts.
 * @throws Error on types that are not read, naming the column
 */
export function ipcFields(schema: FlatTable): IpcField[] {
  if (schema.int16(0) !== 0) throw new Error("it was written on a big-endian machine");
  return schema.tables(1).map(readField);
}

/** A field as it stands in the schema that is given out. */
export function arrowField({ name, type }: IpcField): Field {
  return new arrow.Field(name, type, true);
}

function readField(field: FlatTable): IpcField {
  const name = field.text(0) ?? "";
  const plain = { name, ...readType(field, name) };
  const dictionary = field.table(4);
  if (dictionary === null) return plain;
  const index = dictionary.table(1);
  const indexType = index === null ? new arrow.Int32() : integerType(index);
  const indexField = { name, type: indexType, layout: fixed(indexType.bitWidth / 8) };
  const layout = { kind: "dictionary", id: dictionary.int64(0), index: indexField, values: plain } as const;
  return { name, type: plain.type, layout };
}

/** By number in the `Type` union of Schema.fbs. */
const readers: Readonly<Record<number, (type: FlatTable, children: readonly IpcField[]) => Reading>> = {
  1: () => ({ type: new arrow.Null(), layout: { kind: "null" } }),
  2: (type) => fixedAs(integerType(type), type.int32(0) / 8),
  3: (type) => fixedAs(new arrow.Float(type.int16(0)), [2, 4, 8][type.int16(0)] ?? 8),
  4: () => ({ type: new arrow.Binary(), layout: { kind: "bytes", wide: false } }),
  5: () => ({ type: new arrow.Utf8(), layout: { kind: "bytes", wide: false } }),
  6: () => ({ type: new arrow.Bool(), layout: { kind: "bits" } }),
  7: (type) =>
    fixedAs(new arrow.Decimal(type.int32(1), type.int32(0), type.int32(2, 128)), type.int32(2, 128) / 8),
  8: (type) => fixedAs(new arrow.Date_(type.int16(0, 1)), type.int16(0, 1) === 0 ? 4 : 8),
  9: (type) => {
    const bits = type.int32(1, 32) === 64 ? 64 : 32;
    return fixedAs(new arrow.Time(type.int16(0, 1), bits), bits / 8);
  },
  10: (type) => fixedAs(new arrow.Timestamp(type.int16(0), type.text(1)), 8),
  12: (_type, [item]) => list(item, false),
  13: (_type, fields) => ({
    type: new arrow.Struct(fields.map(arrowField)),
    layout: { kind: "struct", fields },
  }),
  15: (type) => fixedAs(new arrow.FixedSizeBinary(type.int32(0)), type.int32(0)),
  16: (type, [item]) => {
    const size = type.int32(0);
    const child = needed(item);
    return {
      type: new arrow.FixedSizeList(size, arrowField(child)),
      layout: { kind: "fixed-list", size, item: child },
    };
  },
  18: (type) => fixedAs(new arrow.Duration(type.int16(0, 1)), 8),
  19: () => ({ type: new arrow.Binary(), layout: { kind: "bytes", wide: true } }),
  20: () => ({ type: new arrow.Utf8(), layout: { kind: "bytes", wide: true } }),
  21: (_type, [item]) => list(item, true),
  23: () => ({ type: new arrow.Binary(), layout: { kind: "views" } }),
  24: () => ({ type: new arrow.Utf8(), layout: { kind: "views" } }),
};

/** Names of the types that are not read, by the same numbers. */
const unread: Readonly<Record<number, string>> = {
  11: "interval",
  14: "union",
  17: "map",
  22: "run-end encoded",
  25: "list view",
  26: "large list view",
};

function readType(field: FlatTable, name: string): Reading {
  const number = field.int8(2);
  const reader = readers[number];
  const type = field.table(3);
  if (reader === undefined || type === null) {
    throw new Error(
      `the column ${JSON.stringify(name)} is of type ${unread[number] ?? number}, which is not read`,
    );
  }
  return reader(type, field.tables(5).map(readField));
}

function fixedAs(type: DataType, bytes: number): Reading {
  return { type, layout: fixed(bytes) };
}

function fixed(bytes: number): IpcLayout {
  return { kind: "fixed", bytes };
}

function list(item: IpcField | undefined, wide: boolean): Reading {
  const child = needed(item);
  return { type: new arrow.List(arrowField(child)), layout: { kind: "list", wide, item: child } };
}

function needed(item: IpcField | undefined): IpcField {
  if (item === undefined) throw new Error("a list has no item type");
  return item;
}

const integers = {
  signed: { 8: arrow.Int8, 16: arrow.Int16, 32: arrow.Int32, 64: arrow.Int64 },
  unsigned: { 8: arrow.Uint8, 16: arrow.Uint16, 32: arrow.Uint32, 64: arrow.Uint64 },
} as const;

function integerType(
  type: FlatTable,
):
  | InstanceType<(typeof integers)["signed"][8 | 16 | 32 | 64]>
  | InstanceType<(typeof integers)["unsigned"][8 | 16 | 32 | 64]> {
  const bits = type.int32(0);
  const known = integers[type.int8(1) === 0 ? "unsigned" : "signed"];
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64)
    throw new Error(`integers of ${bits} bits are not read`);
  return new known[bits]();
}
