import { zstdDecompressSync } from "node:zlib";
import type { FlatTable } from "./flat-table.ts";
import { lz4Frame } from "./lz4.ts";

/** The parts of a record batch, handed out in the order in which its columns need them. */
export interface IpcBuffers {
  readonly rows: number;
  /** Rows and nulls of the next column, or part of a column. */
  nextNode(): { readonly length: number; readonly nullCount: number };
  /** The next buffer, decompressed. */
  nextBuffer(): Uint8Array;
  /** How many buffers beyond the views the next column of views has. */
  nextVariadicCount(): number;
}

/** `CompressionType` of Message.fbs. */
const codecs: readonly ((bytes: Uint8Array, length: number) => Uint8Array)[] = [
  lz4Frame,
  (bytes, length) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
];

/** @throws Error where the batch has fewer parts than its schema needs, or they do not fit its body */
export function ipcBuffers(header: FlatTable, body: Uint8Array): IpcBuffers {
  const nodes = header.pairs(1).values();
  const places = header.pairs(2).values();
  const variadicCounts = header.int64s(4).values();
  const compression = header.table(3);
  const codec = compression === null ? null : codecs[compression.int8(0)];
  if (codec === undefined) throw new Error("a batch is compressed in a way that is not known");
  return {
    rows: header.int64(0),
    nextNode() {
      const [length, nullCount] = taken(nodes.next());
      return { length, nullCount };
    },
    nextBuffer() {
      const [offset, length] = taken(places.next());
      if (offset < 0 || length < 0 || offset + length > body.length) {
        throw new Error("a buffer goes past the end of its batch");
      }
      const bytes = body.subarray(offset, offset + length);
      return aligned(codec === null ? bytes : decompressBuffer(bytes, codec));
    },
    nextVariadicCount: () => taken(variadicCounts.next()),
  };
}

function taken<Item>(step: IteratorResult<Item>): Item {
  if (step.done === true) throw new Error("a batch has fewer parts than its schema needs");
  return step.value;
}

/** A compressed buffer begins with the length it had before; -1 means that it was left as it was. */
function decompressBuffer(
  bytes: Uint8Array,
  codec: (bytes: Uint8Array, length: number) => Uint8Array,
): Uint8Array {
  if (bytes.length === 0) return bytes;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
  const content = bytes.subarray(8);
  const plain = length === -1 ? content : codec(content, length);
  if (length !== -1 && plain.length !== length) throw new Error("a compressed buffer has the wrong length");
  return plain;
}

/** Buffers are read as numbers of up to 8 bytes, which must be aligned; most are. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
}
