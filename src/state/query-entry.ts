/**
 * An entry of the query cache: one small file. Its name tells the text's hash, the start of the space id
 * and its length; inside are a magic number, a checksum, the number of dimensions, the whole space id, the
 * hash and the vector (float32). Numbers are in the byte order of the machine, which the magic number tells.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { KeptSpace } from "../core/query-cache.ts";

const magic = 0x5e_ed_4c_01;
const numberBytes = 3 * Uint32Array.BYTES_PER_ELEMENT;
const digestBytes = 32;
const vectorStart = numberBytes + 2 * digestBytes;

/** What file systems hand out at least; an entry takes so much of the disk even where it is shorter. */
const blockBytes = 4096;

/** Hexadecimal digits of a space id in a file's name: the file itself says the rest. */
const idDigits = 16;

const namePattern = /^[0-9a-f]{64}\.[0-9a-f]{16}\.(\d+)$/;

/** What an entry is found by: the hash of space, role and text, and never the text itself. */
export interface EntryKey {
  readonly name: string;
  readonly digest: Uint8Array;
}

/** The key of a query in a space; documents have other prompts, and are never kept here. */
export function entryKey({ spaceId, space }: KeptSpace, text: string): EntryKey {
  const digest = createHash("sha256")
    .update(JSON.stringify([spaceId, "query", text]))
    .digest();
  const bytes = vectorStart + space.dimensions * Float32Array.BYTES_PER_ELEMENT;
  return { name: `${digest.toString("hex")}.${spaceId.slice(0, idDigits)}.${bytes}`, digest };
}

/** Bytes that an entry of this name takes on disk; null for the name of anything else. */
export function entryBytes(name: string): number | null {
  const bytes = Number(namePattern.exec(name)?.[1] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? Math.ceil(bytes / blockBytes) * blockBytes : null;
}

/** Whether an entry of this name may be of this space. */
export function isOfSpace(name: string, spaceId: string): boolean {
  return name.includes(`.${spaceId.slice(0, idDigits)}.`);
}

/** The content of an entry. */
export function encodeEntry({ digest }: EntryKey, { spaceId }: KeptSpace, vector: Float32Array): Uint8Array {
  const entry = new Uint8Array(vectorStart + vector.byteLength);
  entry.set(Buffer.from(spaceId, "hex"), numberBytes);
  entry.set(digest, numberBytes + digestBytes);
  entry.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), vectorStart);
  const sum = crc32(entry.subarray(numberBytes), vector.length);
  new Uint32Array(entry.buffer, 0, 3).set([magic, sum, vector.length]);
  return entry;
}

/** The vector of an entry; null where it is damaged, of another space, another text or another length. */
export function decodeEntry(
  entry: Uint8Array,
  { digest }: EntryKey,
  { spaceId, space: { dimensions } }: KeptSpace,
): Float32Array | null {
  if (entry.length !== vectorStart + dimensions * Float32Array.BYTES_PER_ELEMENT) return null;
  // Copies: what a file is read into may be a part of something larger, at any offset.
  const [found, sum, length] = new Uint32Array(new Uint8Array(entry.subarray(0, numberBytes)).buffer);
  if (found !== magic || length !== dimensions) return null;
  if (crc32(entry.subarray(numberBytes), dimensions) !== sum) return null;
  if (Buffer.from(spaceId, "hex").compare(entry, numberBytes, numberBytes + digestBytes) !== 0) return null;
  if (Buffer.from(digest).compare(entry, numberBytes + digestBytes, vectorStart) !== 0) return null;
  return new Float32Array(new Uint8Array(entry.subarray(vectorStart)).buffer);
}
