import { fileInput, headBytes } from "./byte-input.ts";
import { decompressed } from "./decompress.ts";
import { detectCompression } from "./detect-format.ts";
import { textBlocks } from "./text-blocks.ts";

/** Lines of a text file that are not blank, numbered from 1. Plain or compressed. @throws REEMBED_CORPUS_UNREADABLE */
export async function* fileLines(path: string): AsyncGenerator<{ text: string; line: number }, void> {
  const input = await fileInput(path);
  const compression = detectCompression(await headBytes(input.peek(), 8));
  for await (const block of textBlocks(decompressed(input.read(), compression, path), path)) {
    let line = block.firstLine;
    for (const text of block.text.split(/\r?\n/)) {
      if (text.trim() !== "") yield { text, line };
      line += 1;
    }
  }
}
