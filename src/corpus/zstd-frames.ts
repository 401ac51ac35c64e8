import { formatError } from "./corpus-error.ts";

/** A run of bytes that is passed over; `left` of them are still to come, then comes `next`. */
interface Run {
  readonly kind: "run";
  readonly left: number;
  readonly next: Part;
  readonly isGivenOut: boolean;
}

/** What the next bytes of a zstd file are. */
type Part =
  | { readonly kind: "magic" }
  | { readonly kind: "descriptor" }
  | { readonly kind: "skippable-size" }
  | { readonly kind: "block-header"; readonly hasChecksum: boolean }
  | Run;

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/**
 * Cuts zstd data so that no chunk holds bytes of two frames, and leaves out skippable frames. A file
 * may hold many frames, and Node's decompressor silently drops whatever follows the end of a frame
 * in the same chunk.
 * @throws REEMBED_CORPUS_FORMAT
 * Source: RFC 8878, section 3.1
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer, void> {
  let part: Part = { kind: "magic" };
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let given = 0;
    for (let step = walk(part, bytes, at, file); step !== null; step = walk(part, bytes, at, file)) {
      const isSkipped: boolean = part.kind === "skippable-size" || (part.kind === "run" && !part.isGivenOut);
      part = step.part;
      at = step.at;
      if (isSkipped || part.kind === "skippable-size") {
        given = at;
      } else if (part.kind === "magic") {
        yield bytes.subarray(given, at);
        given = at;
      }
    }
    if (at > given) yield bytes.subarray(given, at);
    rest = bytes.subarray(at);
  }
  if (part.kind !== "magic" || rest.length > 0) {
    throw formatError(file, "the zstd data is cut short", "get the file again, or test it with `zstd -t`");
  }
}

interface Step {
  readonly part: Part;
  readonly at: number;
}

/** One step over `bytes` from `at`; null where more bytes are needed. */
function walk(part: Part, bytes: Buffer, at: number, file: string): Step | null {
  const available = bytes.length - at;
  switch (part.kind) {
    case "magic":
      return available < 4 ? null : { part: afterMagic(bytes.readUInt32LE(at), file), at: at + 4 };
    case "skippable-size":
      return available < 4
        ? null
        : { part: run(bytes.readUInt32LE(at), { kind: "magic" }, false), at: at + 4 };
    case "descriptor": {
      if (available < 1) return null;
      const descriptor = bytes.readUInt8(at);
      const next: Part = { kind: "block-header", hasChecksum: (descriptor & 4) !== 0 };
      return { part: run(frameHeaderBytes(descriptor), next), at: at + 1 };
    }
    case "block-header":
      return available < 3
        ? null
        : { part: afterBlockHeader(bytes.readUIntLE(at, 3), part.hasChecksum), at: at + 3 };
    case "run": {
      if (available === 0) return null;
      const step = Math.min(part.left, available);
      return { part: run(part.left - step, part.next, part.isGivenOut), at: at + step };
    }
  }
}

function run(left: number, next: Part, isGivenOut = true): Part {
  return left === 0 ? next : { kind: "run", left, next, isGivenOut };
}

function afterMagic(magic: number, file: string): Part {
  if (magic === frameMagic) return { kind: "descriptor" };
  if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) return { kind: "skippable-size" };
  throw formatError(
    file,
    `something that is not zstd (0x${magic.toString(16)}) stands where a frame should begin`,
    "get the file again, or test it with `zstd -t`",
  );
}

function afterBlockHeader(header: number, hasChecksum: boolean): Part {
  const isLast = (header & 1) !== 0;
  const isRunLength = ((header >> 1) & 3) === 1;
  const end: Part = run(hasChecksum ? 4 : 0, { kind: "magic" });
  return run(isRunLength ? 1 : header >> 3, isLast ? end : { kind: "block-header", hasChecksum });
}

/** Bytes of the frame header after its descriptor. Source: RFC 8878, section 3.1.1.1 */
function frameHeaderBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  return windowBytes + dictionaryBytes + sizeBytes;
}
