import { createReadStream } from "node:fs";

/**
 * Lines of a UTF-8 file, split at line feeds alone: JSON may hold other marks that Node's own reader of
 * lines takes for the end of one. Memory: one line, and one part of the file.
 */
export async function* readLines(path: string): AsyncGenerator<string, void> {
  let pending: Buffer[] = [];
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = part.indexOf(0x0a); end !== -1; end = part.indexOf(0x0a, start)) {
      pending.push(part.subarray(start, end));
      yield Buffer.concat(pending).toString();
      pending = [];
      start = end + 1;
    }
    if (start < part.length) pending.push(part.subarray(start));
  }
  if (pending.length > 0) yield Buffer.concat(pending).toString();
}
