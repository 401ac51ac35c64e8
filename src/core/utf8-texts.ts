/**
 * Texts as they stand in a table's own memory: bytes, not strings. A corpus on its way through a
 * backfill is never made into strings on the main thread; each would be made, kept until its commit,
 * and collected: more work than embedding it with a static model.
 */

/** Texts end to end, as UTF-8. */
export interface Utf8Texts {
  readonly bytes: Uint8Array;
  /** Where each text starts in `bytes`, and where the last ends; need not begin at 0. Shape: `[texts + 1]`. */
  readonly offsets: Int32Array;
}

/** Bytes of UTF-8 that a UTF-16 code unit takes at most. */
const bytesPerUnit = 3;

const encoder = new TextEncoder();
// A byte order mark is a part of the text by the time it is one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How many texts there are. */
export function countTexts({ offsets }: Utf8Texts): number {
  return offsets.length - 1;
}

/** Bytes of all texts together. */
export function textBytes({ offsets }: Utf8Texts): number {
  return offsets.at(-1)! - offsets[0]!;
}

/** Strings as UTF-8. Halves of a surrogate pair become U+FFFD, as in every table. */
export function packTexts(texts: readonly string[]): Utf8Texts {
  let units = 0;
  for (const text of texts) units += text.length;
  const bytes = new Uint8Array(units * bytesPerUnit);
  const offsets = new Int32Array(texts.length + 1);
  let end = 0;
  texts.forEach((text, row) => {
    end += encoder.encodeInto(text, bytes.subarray(end)).written;
    offsets[row + 1] = end;
  });
  return { bytes: bytes.subarray(0, end), offsets };
}

/** One text as a string. */
export function textAt({ bytes, offsets }: Utf8Texts, row: number): string {
  return decoder.decode(bytes.subarray(offsets[row], offsets[row + 1]));
}

/**
 * The texts as strings. Where all are ASCII, their bytes are decoded once, and each is a part of that
 * one string: several times as fast as one by one.
 */
export function unpackTexts(texts: Utf8Texts): string[] {
  const { bytes, offsets } = texts;
  const first = offsets[0]!;
  const end = offsets.at(-1)!;
  const whole = decoder.decode(bytes.subarray(first, end));
  // Any other character has fewer code units than bytes.
  const ascii = whole.length === end - first;
  return Array.from({ length: countTexts(texts) }, (_, row) =>
    ascii ? whole.slice(offsets[row]! - first, offsets[row + 1]! - first) : textAt(texts, row),
  );
}

/** The texts of rows `[from, to)`, in the same memory. */
export function sliceTexts({ bytes, offsets }: Utf8Texts, from: number, to: number): Utf8Texts {
  return { bytes, offsets: offsets.subarray(from, to + 1) };
}

/** Texts of several parts, in order; a copy, but for a single part. */
export function concatTexts(parts: readonly Utf8Texts[]): Utf8Texts {
  if (parts.length === 1) return parts[0]!;
  const offsets = new Int32Array(parts.reduce((sum, part) => sum + countTexts(part), 1));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + textBytes(part), 0));
  let row = 0;
  for (const part of parts) {
    const start = offsets[row]!;
    const first = part.offsets[0]!;
    bytes.set(part.bytes.subarray(first, part.offsets.at(-1)), start);
    for (let i = 1; i < part.offsets.length; i++) offsets[++row] = part.offsets[i]! - first + start;
  }
  return { bytes, offsets };
}

/** The texts of these rows, in a copy that holds nothing else. Neighbours are copied together. */
export function takeTexts({ bytes, offsets }: Utf8Texts, rows: Int32Array): Utf8Texts {
  const taken = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (taken[i + 1] = taken[i]! + offsets[row + 1]! - offsets[row]!));
  const copy = new Uint8Array(taken[rows.length]!);
  for (let start = 0, end = 0; start < rows.length; start = end) {
    do end++;
    while (end < rows.length && rows[end] === rows[end - 1]! + 1);
    copy.set(bytes.subarray(offsets[rows[start]!], offsets[rows[end - 1]! + 1]), taken[start]);
  }
  return { bytes: copy, offsets: taken };
}
