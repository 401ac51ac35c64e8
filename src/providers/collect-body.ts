/** Bytes of an answer at most: 2,048 vectors of 4,096 numbers are half of it. Beyond, a server is not sane. */
export const mostBytes = 512 * 1024 * 1024;

/** Where the length is not announced: an answer of one text. */
const firstBytes = 16 * 1024;

/**
 * Buffers kept for the bodies to come: as many as arrive between two that are read, on a machine nearby.
 * Smaller ones cost nothing to make, larger ones too much to keep.
 */
const kept = { buffers: 8, leastBytes: 64 * 1024, mostBytes: 8 * 1024 * 1024 } as const;

/** A body that is put together as it comes. */
export interface CollectedBody {
  /** False where it is too much. */
  add(chunk: Buffer): boolean;
  /** Owner: borrowed, until it is released. */
  whole(): Buffer;
  release(): void;
}

/** Collects bodies in memory that is used again: a fresh megabyte for each costs as much as reading it. */
export interface Bodies {
  /** @param announced bytes, as the headers say; not a number where they do not */
  collect(announced: number): CollectedBody;
}

export function createBodies(): Bodies {
  const spare: Buffer[] = [];

  function take(atLeast: number): Buffer {
    const at = spare.findIndex(({ byteLength }) => byteLength >= atLeast);
    return at === -1 ? Buffer.allocUnsafeSlow(atLeast) : spare.splice(at, 1)[0]!;
  }

  function give(buffer: Buffer): void {
    if (buffer.byteLength < kept.leastBytes || buffer.byteLength > kept.mostBytes) return;
    // The newest are kept: they are as long as answers are now.
    if (spare.push(buffer) > kept.buffers) spare.shift();
  }

  return {
    collect(announced) {
      let bytes = take(announced <= mostBytes ? announced : firstBytes);
      let length = 0;
      return {
        // No chunk outlives its arrival: each holds the whole buffer that a socket was read into.
        add(chunk) {
          const next = length + chunk.byteLength;
          if (next > mostBytes) return false;
          if (next > bytes.byteLength) {
            const smaller = bytes;
            bytes = take(Math.max(next, 2 * smaller.byteLength));
            smaller.copy(bytes, 0, 0, length);
            give(smaller);
          }
          chunk.copy(bytes, length);
          length = next;
          return true;
        },
        whole: () => bytes.subarray(0, length),
        release() {
          give(bytes);
          bytes = Buffer.alloc(0);
        },
      };
    },
  };
}
