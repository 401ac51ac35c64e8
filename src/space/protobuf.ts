import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes read at a time. Large fields are skipped without reading them. */
const windowBytes = 1 << 16;

/** A file read in windows, at any position. */
export interface ByteFile {
  readonly bytes: number;
  byteAt(position: number): number;
  textAt(position: number, length: number): string;
  close(): void;
}

/** Opens a file for reading here and there. Synchronous: a parser asks for single bytes. */
export function openByteFile(path: string): ByteFile {
  const descriptor = openSync(path, "r");
  const { size } = fstatSync(descriptor);
  const window = Buffer.allocUnsafe(windowBytes);
  let start = 0;
  let filled = 0;

  function load(position: number): void {
    start = position;
    filled = readSync(descriptor, window, 0, windowBytes, position);
  }

  return {
    bytes: size,
    byteAt(position) {
      if (position < start || position >= start + filled) load(position);
      const byte = window[position - start];
      if (byte === undefined || position >= size) throw new RangeError(`the file ends at byte ${size}`);
      return byte;
    },
    textAt(position, length) {
      if (length > windowBytes) throw new RangeError(`a name of ${length} bytes at byte ${position}`);
      if (position < start || position + length > start + filled) load(position);
      if (length > filled) throw new RangeError(`the file ends at byte ${size}`);
      return window.toString("utf8", position - start, position - start + length);
    },
    close: () => closeSync(descriptor),
  };
}

/** One field of a protobuf message. Source: protobuf.dev, "Encoding". */
export interface ProtobufField {
  readonly number: number;
  /** The value of a varint field; 0 for others. */
  readonly value: number;
  /** Where the bytes of a length-delimited field lie: `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** The fields of the message in `[start, end)`, one level deep. @throws RangeError where it is none */
export function* protobufFields(file: ByteFile, start: number, end: number): Generator<ProtobufField, void> {
  let position = start;

  /** Beyond 2^53 a varint loses its low bits; nothing read here is that large. */
  function varint(): number {
    let value = 0;
    for (let factor = 1, read = 0; ; factor *= 128) {
      if (++read > 10) throw new RangeError(`no varint at byte ${position}`);
      const byte = file.byteAt(position++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  while (position < end) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    let value = 0;
    let length = 0;
    if (wire === 0) value = varint();
    else if (wire === 1) length = 8;
    else if (wire === 2) length = varint();
    else if (wire === 5) length = 4;
    else throw new RangeError(`wire type ${wire} at byte ${position}`);
    const from = position;
    position += length;
    if (number === 0 || position > end) throw new RangeError(`a field leaves its message at byte ${from}`);
    yield { number, value, start: from, end: position };
  }
}
