import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { formatError, systemError } from "./corpus-error.ts";

/** A file that is open for reading at any place. */
export interface RandomFile {
  readonly path: string;
  readonly bytes: number;
  /** Bytes `[start, end)`. Owner: the caller. @throws REEMBED_CORPUS_FORMAT where the file is shorter */
  slice(start: number, end: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/**
 * Opens a file for random access.
 * @throws REEMBED_CORPUS_UNREADABLE
 */
export async function openRandomFile(path: string): Promise<RandomFile> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path);
    return randomFile(path, handle, (await handle.stat()).size);
  } catch (thrown) {
    await handle?.close();
    throw systemError(path, thrown);
  }
}

function randomFile(path: string, handle: FileHandle, bytes: number): RandomFile {
  return {
    path,
    bytes,
    async slice(start, end) {
      if (start < 0 || end < start || end > bytes) throw shortFile(path, start, end, bytes);
      const view = new Uint8Array(end - start);
      for (let at = 0; at < view.length;) {
        const { bytesRead } = await handle
          .read(view, at, view.length - at, start + at)
          .catch((thrown: unknown) => {
            throw systemError(path, thrown);
          });
        if (bytesRead === 0) throw shortFile(path, start, end, start + at);
        at += bytesRead;
      }
      return view.buffer;
    },
    close: () => handle.close(),
  };
}

function shortFile(path: string, start: number, end: number, bytes: number): Error {
  return formatError(
    path,
    `bytes ${start} to ${end} are needed, but it ends at ${bytes}`,
    "it is damaged or was cut short: write or download it again",
  );
}
