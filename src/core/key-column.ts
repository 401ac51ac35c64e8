import {
  concatTexts,
  countTexts,
  packTexts,
  sliceTexts,
  takeTexts,
  textAt,
  type Utf8Texts,
} from "./utf8-texts.ts";
import type { Key } from "./words.ts";

/** Keys of many rows as they stand in their column: a key becomes a value only where it is asked for. */
export type KeyColumn =
  | { readonly kind: "text"; readonly texts: Utf8Texts }
  | { readonly kind: "integer"; readonly values: BigInt64Array | BigUint64Array };

/** How many keys there are. */
export function countKeys(keys: KeyColumn): number {
  return keys.kind === "text" ? countTexts(keys.texts) : keys.values.length;
}

/** The key of one row. */
export function keyAt(keys: KeyColumn, row: number): Key {
  return keys.kind === "text" ? textAt(keys.texts, row) : keys.values[row]!;
}

/** Keys of one type as a column. */
export function packKeys(keys: readonly Key[]): KeyColumn {
  if (typeof keys[0] === "string") return { kind: "text", texts: packTexts(keys as readonly string[]) };
  const unsigned = keys.some((key) => (key as bigint) > largestSigned);
  const integers = keys as readonly bigint[];
  return {
    kind: "integer",
    values: unsigned ? BigUint64Array.from(integers) : BigInt64Array.from(integers),
  };
}

const largestSigned = 2n ** 63n - 1n;

/** All keys, as values. */
export function unpackKeys(keys: KeyColumn): Key[] {
  return Array.from({ length: countKeys(keys) }, (_, row) => keyAt(keys, row));
}

/** The keys of rows `[from, to)`, in the same memory. */
export function sliceKeys(keys: KeyColumn, from: number, to: number): KeyColumn {
  return keys.kind === "text"
    ? { kind: "text", texts: sliceTexts(keys.texts, from, to) }
    : { kind: "integer", values: keys.values.subarray(from, to) };
}

/** The keys of these rows, in a copy. */
export function takeKeys(keys: KeyColumn, rows: Int32Array): KeyColumn {
  if (keys.kind === "text") return { kind: "text", texts: takeTexts(keys.texts, rows) };
  const values = keys.values.slice(0, rows.length);
  rows.forEach((row, i) => (values[i] = keys.values[row]!));
  return { kind: "integer", values };
}

/** Keys of several parts of one column, in order; a copy, but for a single part. */
export function concatKeys(parts: readonly KeyColumn[]): KeyColumn {
  const [first] = parts;
  if (first === undefined) return { kind: "integer", values: new BigInt64Array(0) };
  if (parts.length === 1) return first;
  if (first.kind === "text") {
    return {
      kind: "text",
      texts: concatTexts(parts.flatMap((part) => (part.kind === "text" ? [part.texts] : []))),
    };
  }
  const rows = parts.reduce((sum, part) => sum + countKeys(part), 0);
  const values = first.values instanceof BigInt64Array ? new BigInt64Array(rows) : new BigUint64Array(rows);
  let at = 0;
  for (const part of parts) {
    if (part.kind !== "integer") continue;
    values.set(part.values, at);
    at += part.values.length;
  }
  return { kind: "integer", values };
}
