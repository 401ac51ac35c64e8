import { type FileHandle, open, rm } from "node:fs/promises";
import type { BatchDraft, BatchEntry } from "../core/batch-journal.ts";
import { journalWriteError } from "./journal-error.ts";

/** What a draft came to. */
export interface DraftTotals {
  readonly texts: number;
  readonly tokens: number;
  readonly truncated: number;
  readonly bytes: number;
}

/**
 * Opens the two files of a batch that is being written: its input, and the source hashes of its texts.
 * @param base their path without an ending
 * @param record makes it an entry once both are on the disk
 */
export async function openDraft(
  base: string,
  record: (totals: DraftTotals, createdMs: number) => Promise<BatchEntry>,
): Promise<BatchDraft> {
  const paths = { input: `${base}.jsonl`, hashes: `${base}.hashes` };
  const input = await open(paths.input, "wx");
  let hashFile: FileHandle;
  try {
    hashFile = await open(paths.hashes, "wx");
  } catch (error) {
    await input.close();
    throw error;
  }
  let lines: string[] = [];
  let hashes: bigint[] = [];
  let texts = 0;
  let tokens = 0;
  let bytes = 0;
  let truncated = 0;

  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const written = { lines: lines.join(""), hashes: BigInt64Array.from(hashes) };
    lines = [];
    hashes = [];
    try {
      await input.writeFile(written.lines);
      await hashFile.writeFile(new Uint8Array(written.hashes.buffer));
    } catch (error) {
      throw journalWriteError(base, error);
    }
  };
  const close = async (): Promise<void> => {
    await input.close();
    await hashFile.close();
  };

  return {
    get texts() {
      return texts;
    },
    get tokens() {
      return tokens;
    },
    get bytes() {
      return bytes;
    },
    add(hash, request) {
      const line = `${request.line}\n`;
      lines.push(line);
      hashes.push(hash);
      texts += 1;
      tokens += request.tokens;
      bytes += Buffer.byteLength(line);
      if (request.truncated) truncated += 1;
    },
    flush,
    async finish(nowMs) {
      await flush();
      try {
        await input.sync();
        await hashFile.sync();
        await close();
      } catch (error) {
        throw journalWriteError(base, error);
      }
      return record({ texts, tokens, truncated, bytes }, nowMs);
    },
    async discard() {
      await close();
      for (const path of Object.values(paths)) await rm(path, { force: true });
    },
  };
}
