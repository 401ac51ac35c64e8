const frameMagic = 0x184d_2204;

/**
 * Decompresses one LZ4 frame whose content is of known length.
 * @throws Error where it is damaged
 * Source: LZ4 Frame Format 1.6.4
 */
export function lz4Frame(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(4);
  if (view.getUint32(0, true) !== frameMagic || (flags & 1) !== 0) throw damaged();
  const hasContentSize = (flags & 0x08) !== 0;
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  const output = new Uint8Array(length);
  let end = 0;
  let at = hasContentSize ? 15 : 7;
  for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
    const isStored = size >= 0x8000_0000;
    const block = bytes.subarray(at + 4, at + 4 + (size & 0x7fff_ffff));
    if (isStored) output.set(block, end);
    // Blocks may refer to the output of those before them.
    end = isStored ? end + block.length : lz4Into(block, output, end);
    at += 4 + block.length + checksumBytes;
  }
  if (end !== length) throw damaged();
  return output;
}

/**
 * Decompresses one LZ4 block whose content is of known length.
 * @throws Error where it is damaged
 */
export function lz4Block(bytes: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  if (lz4Into(bytes, output, 0) !== length) throw damaged();
  return output;
}

/** Appends a block's content to `output` at `start`; where it ends. Source: LZ4 Block Format. */
function lz4Into(block: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0;
  let end = start;

  /** Lengths that do not fit four bits go on in bytes, the last of which is not 255. */
  const longer = (short: number): number => {
    let length = short;
    for (let byte = 255; short === 15 && byte === 255; length += byte) {
      byte = block[at] ?? 0;
      at += 1;
    }
    return length;
  };

  while (at < block.length) {
    const token = block[at] ?? 0;
    at += 1;
    const literals = longer(token >> 4);
    if (at + literals > block.length || end + literals > output.length) throw damaged();
    // Short runs are copied faster by hand than through a view.
    if (literals < 24)
      for (let step = 0; step < literals; step += 1) output[end + step] = block[at + step] ?? 0;
    else output.set(block.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    if (at >= block.length) break;

    const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = longer(token & 15) + 4;
    if (distance === 0 || distance > end || end + length > output.length) throw damaged();
    if (distance < length || length < 24) {
      // The match may overlap what it writes, and then repeats it.
      for (let step = 0; step < length; step += 1) output[end + step] = output[end + step - distance] ?? 0;
    } else {
      output.copyWithin(end, end - distance, end - distance + length);
    }
    end += length;
  }
  return end;
}

function damaged(): Error {
  return new Error("the LZ4 data is damaged");
}
