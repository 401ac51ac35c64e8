import { isUtf8 } from "node:buffer";
import { formatError } from "./corpus-error.ts";

/** A run of whole lines of text. */
export interface TextBlock {
  /** Whole lines; each but perhaps the file's last ends with its newline. */
  readonly text: string;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
}

/**
 * The longest line that is waited for: beyond it, a file without newlines would be held in memory
 * whole.
 */
export const maxLineBytes = 1 << 28;

const newline = 0x0a;

/**
 * Bytes as blocks of whole lines, checked to be UTF-8; a byte order mark is dropped.
 * @throws REEMBED_CORPUS_FORMAT
 */
export async function* textBlocks(
  chunks: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<TextBlock, void> {
  let firstLine = 1;
  let isStart = true;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const block = (bytes: Buffer): TextBlock => {
    if (!isUtf8(bytes)) throw encodingError(bytes, firstLine, file);
    const text = bytes.toString("utf8", isStart && hasByteOrderMark(bytes) ? 3 : 0);
    const made: TextBlock = { text, firstLine };
    isStart = false;
    firstLine += countNewlines(bytes);
    return made;
  };

  for await (const chunk of chunks) {
    if (isStart && heldBytes === 0) refuseUtf16(chunk, file);
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      held.push(chunk.subarray(0, end));
      yield block(held.length === 1 ? chunk.subarray(0, end) : Buffer.concat(held));
      held = [];
      heldBytes = 0;
    }
    if (end < chunk.length) {
      held.push(chunk.subarray(end));
      heldBytes += chunk.length - end;
    }
    if (heldBytes > maxLineBytes) {
      const problem = `a line is longer than ${maxLineBytes} bytes`;
      throw formatError(file, problem, "check that this is a text file with one row a line", {
        line: firstLine,
      });
    }
  }
  if (heldBytes > 0) yield block(Buffer.concat(held));
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function refuseUtf16(bytes: Buffer, file: string): void {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (!isLittle && !isBig) return;
  throw formatError(file, "the text is UTF-16", "convert it to UTF-8, for example with iconv", { line: 1 });
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

function encodingError(bytes: Buffer, firstLine: number, file: string): Error {
  let line = firstLine;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(newline, start);
    if (!isUtf8(bytes.subarray(start, end === -1 ? bytes.length : end))) break;
    if (end === -1) break;
    start = end + 1;
  }
  return formatError(
    file,
    "the bytes are not valid UTF-8",
    "convert the file to UTF-8, for example with iconv",
    {
      line,
    },
  );
}
