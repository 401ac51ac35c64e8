/**
 * A segment: one append-only file. A header of `magic`, `bytes`, `crc32` and a JSON text that names
 * the space; then records of `rows`, `crc32`, the source hashes (8 bytes each) and the vectors
 * (float32). Numbers are in the byte order of the machine, which the magic number tells: a segment is
 * read where it was written.
 */
import { crc32 } from "node:zlib";

const magic = 0x5e_ed_5b_01;
const headerPrefixBytes = 12;

/** More than a space id and a number ever take. */
const maxHeaderText = 4000;

/** Bytes to read for a header, whatever its length. */
export const maxHeaderBytes = headerPrefixBytes + maxHeaderText;

/** Bytes of a record before its source hashes. */
export const recordPrefixBytes = 8;

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly spaceId: string;
  readonly dimensions: number;
}

/** Bytes of one row in a record. */
export function rowBytes(dimensions: number): number {
  return BigInt64Array.BYTES_PER_ELEMENT + dimensions * Float32Array.BYTES_PER_ELEMENT;
}

/** The header of a new segment. */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const prefix = new Uint32Array([magic, text.length, crc32(text)]);
  return Buffer.concat([bytesOf(prefix), text]);
}

/** The header at the start of a segment, and where the first record begins; or why it is none; null where it is cut short. */
export function decodeHeader(
  start: Uint8Array,
): { readonly header: SegmentHeader; readonly bytes: number } | { readonly flaw: string } | null {
  if (start.length < headerPrefixBytes) return null;
  const [found = 0, length = 0, sum = 0] = numbers(start.subarray(0, headerPrefixBytes));
  if (found !== magic) return { flaw: "it is of another format, or of a machine with another byte order" };
  const bytes = headerPrefixBytes + length;
  const text = start.subarray(headerPrefixBytes, bytes);
  if (text.length !== length) return length > maxHeaderText ? { flaw: "its header is damaged" } : null;
  if (crc32(text) !== sum) return { flaw: "its header is damaged" };
  return { header: JSON.parse(new TextDecoder().decode(text)) as SegmentHeader, bytes };
}

/** One record, copied from its parts. */
export function encodeRecord(hashes: BigInt64Array, vectors: Float32Array): Uint8Array {
  const record = new Uint8Array(recordPrefixBytes + hashes.byteLength + vectors.byteLength);
  record.set(bytesOf(hashes), recordPrefixBytes);
  record.set(bytesOf(vectors), recordPrefixBytes + hashes.byteLength);
  const payload = record.subarray(recordPrefixBytes);
  new Uint32Array(record.buffer, 0, 2).set([hashes.length, recordSum(hashes.length, payload)]);
  return record;
}

/** How many rows a record says that it has, and the checksum of what follows. */
export function decodeRecordPrefix(prefix: Uint8Array): { readonly rows: number; readonly sum: number } {
  const [rows = 0, sum = 0] = numbers(prefix);
  return { rows, sum };
}

/** The checksum of a record: it starts from its number of rows, so that a run of zeros is none. */
export function recordSum(rows: number, payload: Uint8Array): number {
  return crc32(payload, rows + 1);
}

/** The source hashes at the start of a record's payload. */
export function decodeHashes(rows: number, payload: Uint8Array): BigInt64Array {
  return new BigInt64Array(payload.slice(0, rows * BigInt64Array.BYTES_PER_ELEMENT).buffer);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function numbers(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}
