import { type FileHandle, open } from "node:fs/promises";
import {
  decodeHashes,
  decodeHeader,
  decodeRecordPrefix,
  maxHeaderBytes,
  recordPrefixBytes,
  recordSum,
  rowBytes,
  type SegmentHeader,
} from "./segment-format.ts";

/** A segment that was found on disk. Owner of the file: the caller. */
export interface FoundSegment {
  readonly file: FileHandle;
  /** Rows of its good records: the source hash, and the byte at which the vector lies. */
  rows(): AsyncGenerator<{ readonly hashes: BigInt64Array; readonly offset: number }, void>;
}

/**
 * Opens a segment that another run wrote. It may be cut short anywhere, and may still grow: it is
 * read up to the last record whose checksum holds.
 */
export async function readSegment(
  path: string,
  expected: SegmentHeader,
): Promise<FoundSegment | { readonly flaw: string }> {
  const file = await open(path, "r");
  try {
    const decoded = decodeHeader(await readBytes(file, 0, maxHeaderBytes));
    // A run that is killed in its first moment leaves a part of a header: a segment without rows.
    if (decoded === null) return { file, rows: noRows };
    const flaw = "flaw" in decoded ? decoded.flaw : headerFlaw(decoded.header, expected);
    if ("header" in decoded && flaw === null) {
      return { file, rows: () => readRecords(file, decoded.bytes, expected.dimensions) };
    }
    await file.close();
    return { flaw: String(flaw) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function headerFlaw(header: SegmentHeader, expected: SegmentHeader): string | null {
  if (header.spaceId !== expected.spaceId) return `it is of the space ${header.spaceId}`;
  if (header.dimensions !== expected.dimensions) return `its vectors are of ${header.dimensions} dimensions`;
  return null;
}

async function* noRows(): AsyncGenerator<never, void> {}

async function* readRecords(
  file: FileHandle,
  from: number,
  dimensions: number,
): AsyncGenerator<{ readonly hashes: BigInt64Array; readonly offset: number }, void> {
  const { size } = await file.stat();
  for (let at = from; at + recordPrefixBytes <= size;) {
    const { rows, sum } = decodeRecordPrefix(await readBytes(file, at, recordPrefixBytes));
    const payloadBytes = rows * rowBytes(dimensions);
    const end = at + recordPrefixBytes + payloadBytes;
    // What a torn prefix says can be anything: nothing is allocated for more than there is.
    if (end > size) return;
    const payload = await readBytes(file, at + recordPrefixBytes, payloadBytes);
    if (payload.length !== payloadBytes || recordSum(rows, payload) !== sum) return;
    const hashes = decodeHashes(rows, payload);
    yield { hashes, offset: at + recordPrefixBytes + hashes.byteLength };
    at = end;
  }
}

/** Up to so many bytes; fewer where the file ends. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
