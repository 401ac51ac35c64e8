import type { DataType } from "apache-arrow";
import type { SchemaElement } from "hyparquet";
import { arrow } from "../arrow.ts";

/** A stored value, before its logical type is applied. */
export type StoredValue = boolean | number | bigint | Uint8Array;

/** How the values of one primitive Parquet column become Arrow's. */
export interface ParquetLeaf {
  readonly type: DataType;
  /** Applied to each value; null where the stored value is the one that Arrow wants. */
  readonly convert: ((stored: StoredValue) => StoredValue) | null;
}

/** Days from the Julian epoch to 1970-01-01. Source: the Parquet format's note on INT96. */
const julianUnixEpoch = 2_440_588n;
const nanosPerDay = 86_400_000_000_000n;

/** The Arrow type of a primitive column; null for types without a counterpart. */
export function parquetLeaf(element: SchemaElement): ParquetLeaf | null {
  const logical = logicalLeaf(element);
  if (logical !== undefined) return logical;
  switch (element.type) {
    case "BOOLEAN":
      return as(new arrow.Bool());
    case "INT32":
      return as(new arrow.Int32());
    case "INT64":
      return as(new arrow.Int64());
    case "INT96":
      return as(new arrow.TimestampNanosecond(), int96Nanos);
    case "FLOAT":
      return as(new arrow.Float32());
    case "DOUBLE":
      return as(new arrow.Float64());
    case "BYTE_ARRAY":
      return as(new arrow.Binary());
    case "FIXED_LEN_BYTE_ARRAY":
      return as(new arrow.FixedSizeBinary(element.type_length ?? 0));
    default:
      return null;
  }
}

/** What the annotations of a column say; undefined where they leave the stored type as it is. */
function logicalLeaf(element: SchemaElement): ParquetLeaf | null | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    return as(new arrow.Decimal(element.scale ?? 0, element.precision ?? 38, 128), decimalWords);
  }
  switch (logical?.type) {
    case "UUID":
      return as(new arrow.Utf8(), uuidText);
    case "FLOAT16":
      return as(new arrow.Float16(), (stored) => Buffer.from(stored as Uint8Array).readUInt16LE(0));
    case "TIMESTAMP":
      return as(new arrow.Timestamp(timeUnits[logical.unit], logical.isAdjustedToUTC ? "UTC" : null));
    case "TIME":
      return as(
        logical.unit === "MILLIS" ? new arrow.TimeMillisecond() : new arrow.Time(timeUnits[logical.unit], 64),
      );
    case "INTEGER":
      return as(new (logical.isSigned ? signedIntegers : unsignedIntegers)[logical.bitWidth as 8]());
    case "DATE":
      return as(new arrow.DateDay());
    case "STRING":
    case "ENUM":
    case "JSON":
      return as(new arrow.Utf8());
    default:
      return convertedLeaf(converted);
  }
}

const timeUnits = {
  MILLIS: arrow.TimeUnit.MILLISECOND,
  MICROS: arrow.TimeUnit.MICROSECOND,
  NANOS: arrow.TimeUnit.NANOSECOND,
} as const;

const signedIntegers = { 8: arrow.Int8, 16: arrow.Int16, 32: arrow.Int32, 64: arrow.Int64 } as const;
const unsignedIntegers = { 8: arrow.Uint8, 16: arrow.Uint16, 32: arrow.Uint32, 64: arrow.Uint64 } as const;

function convertedLeaf(converted: SchemaElement["converted_type"]): ParquetLeaf | null | undefined {
  switch (converted) {
    case "UTF8":
    case "ENUM":
    case "JSON":
      return as(new arrow.Utf8());
    case "DATE":
      return as(new arrow.DateDay());
    case "TIME_MILLIS":
      return as(new arrow.TimeMillisecond());
    case "TIME_MICROS":
      return as(new arrow.TimeMicrosecond());
    case "TIMESTAMP_MILLIS":
      return as(new arrow.TimestampMillisecond("UTC"));
    case "TIMESTAMP_MICROS":
      return as(new arrow.TimestampMicrosecond("UTC"));
    case "INT_8":
      return as(new arrow.Int8());
    case "INT_16":
      return as(new arrow.Int16());
    case "UINT_8":
      return as(new arrow.Uint8());
    case "UINT_16":
      return as(new arrow.Uint16());
    case "UINT_32":
      return as(new arrow.Uint32());
    case "UINT_64":
      return as(new arrow.Uint64());
    case "BSON":
    case "INTERVAL":
      return null;
    default:
      return undefined;
  }
}

function as(type: DataType, convert: ParquetLeaf["convert"] = null): ParquetLeaf {
  return { type, convert };
}

/** The library gives INT96 as one integer: the day in the upper 32 bits, nanoseconds below. */
function int96Nanos(stored: StoredValue): bigint {
  const value = stored as bigint;
  return ((value >> 64n) - julianUnixEpoch) * nanosPerDay + (value & 0xffff_ffff_ffff_ffffn);
}

function uuidText(stored: StoredValue): Uint8Array {
  const hex = Buffer.from(stored as Uint8Array).toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return Buffer.from(parts.join("-"), "latin1");
}

/** A decimal's unscaled value as 128 bits, little end first. */
function decimalWords(stored: StoredValue): Uint8Array {
  const bytes = Buffer.alloc(16);
  if (stored instanceof Uint8Array) {
    bytes.fill((stored[0] ?? 0) & 0x80 ? 0xff : 0);
    for (let index = 0; index < stored.length; index += 1)
      bytes[stored.length - 1 - index] = stored[index] ?? 0;
  } else {
    const value = BigInt(stored);
    bytes.writeBigInt64LE(value, 0);
    bytes.fill(value < 0n ? 0xff : 0, 8);
  }
  return bytes;
}
