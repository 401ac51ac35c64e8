import { ReembedError } from "../core/errors.ts";
import type { FragmentRows } from "../core/ports.ts";

/**
 * What a merge takes beside the process and its model, in bytes of the float32 vectors that it is sent.
 * Source: a fit to peak resident memory of backfills and of merges alone, into columns of 31 to 614 MB on a
 * local disk, with Lance 12, less an estimate of the process; docs/store-cost.md has the figures.
 *
 * A merge of a whole fragment holds its source six times over (as sent, decoded, joined, sorted, encoded),
 * one of a part three to four times, and what Lance reads ahead of the column that it writes anew: 32 MiB
 * for each of its 8 threads. The next merge's vectors are made and put together meanwhile: two times more.
 * Between the many merges of parts their buffers stay with the process, in pieces: three times more.
 */
const wholeFactor = 8;
const partFactor = 9;
const partBytes = 80e6;
const readAheadBytes = 8 * 32 * 2 ** 20;

/** One fragment's column and the part of it that is to be filled, both in bytes of float32 vectors. */
export interface Piece {
  readonly columnBytes: number;
  readonly pendingBytes: number;
}

/** The fragments that have rows to fill. */
export function piecesOf(fragments: readonly FragmentRows[], dimensions: number): Piece[] {
  const rowBytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
  return fragments
    .filter(({ pending }) => pending > 0)
    .map(({ rows, pending }) => ({ columnBytes: rows * rowBytes, pendingBytes: pending * rowBytes }));
}

/** Memory that filling a piece takes in merges of so many bytes at most. Unit: bytes. */
export function mergeMemory({ columnBytes, pendingBytes }: Piece, mergeBytes: number): number {
  if (pendingBytes === columnBytes && columnBytes <= mergeBytes) return wholeFactor * columnBytes;
  return partBytes + Math.min(columnBytes, readAheadBytes) + partFactor * Math.min(pendingBytes, mergeBytes);
}

/**
 * The largest merges that fill these pieces within so much memory. Parts of a fragment are at least as
 * large as `leastBytes`, since its column is written anew with each.
 * @throws REEMBED_PLAN_MEMORY, with the memory that would do
 */
export function mergeBytesWithin(memoryBytes: number, pieces: readonly Piece[], leastBytes: number): number {
  const wholeBytes = Math.floor(memoryBytes / wholeFactor);
  const cut = pieces.filter(
    ({ columnBytes, pendingBytes }) => pendingBytes < columnBytes || columnBytes > wholeBytes,
  );
  if (cut.length === 0) return wholeBytes;
  const heldBytes = partBytes + Math.min(largest(cut, "columnBytes"), readAheadBytes);
  const inPartBytes = Math.floor((memoryBytes - heldBytes) / partFactor);
  // What is small enough to be a part may be a whole fragment elsewhere, and then takes more memory.
  const between = pieces.some(({ columnBytes }) => columnBytes > wholeBytes && columnBytes <= inPartBytes);
  const bytes = between ? wholeBytes : inPartBytes;
  const leastPart = Math.min(leastBytes, largest(cut, "pendingBytes"));
  if (bytes >= leastPart) return bytes;
  const inParts = Math.max(heldBytes + partFactor * leastPart, wholeFactor * leastPart);
  const untouched = pieces.every(({ columnBytes, pendingBytes }) => pendingBytes === columnBytes);
  const enough = untouched ? Math.min(inParts, memoryForWhole(pieces)) : inParts;
  const megabytes = Math.ceil(enough / 1e6);
  throw new ReembedError(
    "REEMBED_PLAN_MEMORY",
    `the table has fragments whose vectors are ${inMegabytes(largest(cut, "columnBytes"))}, and filling them within ${inMegabytes(memoryBytes)} of memory is not possible: ${megabytes} MB would do (--memory ${megabytes}MB)`,
    { details: { memoryBytes, neededBytes: megabytes * 1e6 } },
  );
}

/** Memory with which every piece is written once. Unit: bytes. */
export function memoryForWhole(pieces: readonly Piece[]): number {
  return Math.ceil(wholeFactor * largest(pieces, "columnBytes"));
}

function largest(pieces: readonly Piece[], of: keyof Piece): number {
  return pieces.reduce((most, piece) => Math.max(most, piece[of]), 0);
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
