import type { DataType, Field, Float } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import { fromFloat16Bits, largestFloat16, toFloat16Bits } from "../core/float16.ts";
import type { VectorType } from "../core/vector-type.ts";

/** Arrow's type of one value. */
export function valueType(type: VectorType): Float {
  switch (type) {
    case "float16":
      return new arrow.Float16();
    case "float32":
      return new arrow.Float32();
    case "float64":
      return new arrow.Float64();
  }
}

/** What a list's values are stored as; null for a type that cannot hold a vector. */
export function vectorTypeOf(type: DataType): VectorType | null {
  if (!arrow.DataType.isFixedSizeList(type) && !arrow.DataType.isList(type)) return null;
  const item = (type.children[0] as Field).type;
  if (!arrow.DataType.isFloat(item)) return null;
  switch (item.precision) {
    case arrow.Precision.HALF:
      return "float16";
    case arrow.Precision.SINGLE:
      return "float32";
    case arrow.Precision.DOUBLE:
      return "float64";
  }
}

/**
 * Values in the form in which Arrow holds them; float32 is not copied. Rounded once, to nearest.
 * @throws REEMBED_STORE_VECTOR_RANGE where float16 cannot hold one
 */
export function encodeValues(
  values: Float32Array,
  type: VectorType,
): Float32Array | Float64Array | Uint16Array {
  if (type === "float32") return values;
  if (type === "float64") return Float64Array.from(values);
  const encoded = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    const bits = toFloat16Bits(value);
    if ((bits & 0x7c00) === 0x7c00) {
      throw new ReembedError(
        "REEMBED_STORE_VECTOR_RANGE",
        `a vector holds the value ${value}, and float16 reaches to ${largestFloat16}: use --vector-type float32, or a model whose vectors are normalised`,
        { details: { value } },
      );
    }
    encoded[index] = bits;
  }
  return encoded;
}

/** Stored values `from` (included) to `to` as float32. Owner: the caller; always a copy. */
export function decodeValues(
  stored: Float32Array | Float64Array | Uint16Array,
  type: VectorType,
  from: number,
  to: number,
): Float32Array {
  const part = stored.subarray(from, to);
  return type === "float16" ? Float32Array.from(part, fromFloat16Bits) : Float32Array.from(part);
}
