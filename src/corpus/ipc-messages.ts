import { flatRoot } from "./flat-table.ts";
import type { FlatTable } from "./flat-table.ts";

/** One message of an Arrow stream. */
export interface IpcMessage {
  readonly kind: "schema" | "dictionary" | "batch" | "other";
  readonly header: FlatTable;
  /** Aligned to 8 bytes. Owner: the caller. */
  readonly body: Uint8Array;
  /** Where the message ends in its file; 0 where that is not known. */
  readonly endByte: number;
}

/** `MessageHeader` of Message.fbs. */
const kinds = ["other", "schema", "dictionary", "batch"] as const;

const fileMagic = "ARROW1";
const continuation = 0xffff_ffff;

/** Far more than the metadata of any real message; a larger length is damage. */
const maxMetadataBytes = 1 << 28;

/**
 * The messages of an Arrow IPC stream, or of a file that comes as a stream and has one inside. A file
 * must say where it ends; a stream may just end.
 * Source: Arrow columnar format 1.5, "Serialization and Interprocess Communication"
 * @throws Error where the data is cut short or is not Arrow
 */
export async function* ipcMessages(chunks: AsyncIterable<Buffer>): AsyncGenerator<IpcMessage, void> {
  const read = exactReader(chunks);
  let prefix = await read(4);
  let isFile = false;
  if (prefix?.toString("latin1") === fileMagic.slice(0, 4)) {
    isFile = true;
    const rest = await read(4);
    if (rest?.toString("latin1", 0, 2) !== fileMagic.slice(4)) throw new Error("the magic word is damaged");
    prefix = await read(4);
  }
  for (; prefix !== null; prefix = await read(4)) {
    // Before format version 0.15 the length stood alone.
    const isMarked: boolean = prefix.readUInt32LE(0) === continuation;
    const lengthBytes = isMarked ? await read(4) : prefix;
    if (lengthBytes === null) break;
    const length = lengthBytes.readUInt32LE(0);
    if (length === 0) return;
    if (length > maxMetadataBytes) throw new Error(`the metadata of a message would be ${length} bytes long`);
    const metadata = await read(length);
    if (metadata === null) break;
    const body = await read(flatRoot(metadata).int64(3));
    if (body === null) break;
    yield readMessage(metadata, body, 0);
  }
  if (prefix !== null || isFile) throw new Error("it is cut short");
}

/** A message's metadata without its length and the mark that may stand before that. */
export function unprefixedMetadata(bytes: Uint8Array): Uint8Array {
  const isMarked = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === continuation;
  return bytes.subarray(isMarked ? 8 : 4);
}

/** A message from its metadata and its body. @throws Error where it is damaged */
export function readMessage(metadata: Uint8Array, body: Uint8Array, endByte: number): IpcMessage {
  const message = flatRoot(metadata);
  const header = message.table(2);
  if (header === null) throw new Error("a message has no header");
  if (message.int64(3) > body.length) throw new Error("a message is cut short");
  return { kind: kinds[message.int8(1)] ?? "other", header, body, endByte };
}

/** Reads exactly so many bytes; null where the data ends before. */
function exactReader(chunks: AsyncIterable<Buffer>): (count: number) => Promise<Buffer | null> {
  const source = chunks[Symbol.asyncIterator]();
  let current: Buffer = Buffer.alloc(0);
  return async (count) => {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      if (current.length === 0) {
        const step = await source.next();
        if (step.done === true) {
          if (missing < count) throw new Error("it is cut short");
          return null;
        }
        current = step.value;
        continue;
      }
      const part = current.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      current = current.subarray(part.length);
    }
    // A copy of its own, so that it is aligned and keeps no larger chunk alive.
    const bytes = Buffer.from(new ArrayBuffer(count));
    let at = 0;
    for (const part of parts) at += part.copy(bytes, at);
    return bytes;
  };
}
