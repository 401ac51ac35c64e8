import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { compressors as portableCompressors } from "hyparquet-compressors";
import { parquetMetadataAsync } from "hyparquet";
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { ReembedError } from "../core/errors.ts";
import { formatError, systemError } from "./corpus-error.ts";

/** A Parquet file that is open for reading. */
export interface ParquetFile {
  readonly path: string;
  readonly bytes: number;
  /** Bytes `[start, end)`. Owner: the caller. */
  slice(start: number, end: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/**
 * Opens a file for random access.
 * @throws REEMBED_CORPUS_UNREADABLE
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  let handle: FileHandle;
  let bytes: number;
  try {
    handle = await open(path);
    bytes = (await handle.stat()).size;
  } catch (thrown) {
    throw systemError(path, thrown);
  }
  return {
    path,
    bytes,
    async slice(start, end) {
      const buffer = new ArrayBuffer(end - start);
      const view = new Uint8Array(buffer);
      for (let at = 0; at < view.length;) {
        const { bytesRead } = await handle.read(view, at, view.length - at, start + at);
        if (bytesRead === 0)
          throw damagedParquet(path, `it ends at byte ${start + at}, data is expected to ${end}`);
        at += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}

/**
 * The footer of a Parquet file.
 * @throws REEMBED_CORPUS_FORMAT
 */
export async function parquetFooter(file: ParquetFile): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(parquetBuffer(file), { geoparquet: false });
  } catch (thrown) {
    throw damagedParquet(
      file.path,
      "the footer cannot be read; the file was cut short or is damaged",
      thrown,
    );
  }
}

/** The file as the reader library takes it. */
export function parquetBuffer(file: ParquetFile): AsyncBuffer {
  return { byteLength: file.bytes, slice: (start, end = file.bytes) => file.slice(start, end) };
}

/** An error about the content of a Parquet file; a ReembedError stays what it is. */
export function damagedParquet(path: string, problem: string, cause?: unknown): ReembedError {
  if (cause instanceof ReembedError) return cause;
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return formatError(
    path,
    `damaged Parquet: ${problem}${reason}`,
    "write or download the file again",
    {},
    cause,
  );
}

/** Node's own decompressors where it has them: several times faster than portable ones. */
export const parquetCompressors: Compressors = {
  ...portableCompressors,
  ZSTD: (page, bytes) => zstdDecompressSync(page, { maxOutputLength: Math.max(bytes, 1) }),
  GZIP: (page, bytes) => gunzipSync(page, { maxOutputLength: Math.max(bytes, 1) }),
  BROTLI: (page, bytes) => brotliDecompressSync(page, { maxOutputLength: Math.max(bytes, 1) }),
};
