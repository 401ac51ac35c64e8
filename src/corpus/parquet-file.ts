import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { compressors as portableCompressors } from "hyparquet-compressors";
import { parquetMetadataAsync } from "hyparquet";
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { ReembedError } from "../core/errors.ts";
import { formatError } from "./corpus-error.ts";
import { lz4Block } from "./lz4.ts";
import type { RandomFile } from "./random-file.ts";

/**
 * The footer of a Parquet file.
 * @throws REEMBED_CORPUS_FORMAT
 */
export async function parquetFooter(file: RandomFile): Promise<FileMetaData> {
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
export function parquetBuffer(file: RandomFile): AsyncBuffer {
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

/**
 * Node's own decompressors where it has them, several times faster than portable ones; the Snappy one
 * is WebAssembly, three times as fast as the reader library's.
 */
export const parquetCompressors: Compressors = {
  ...portableCompressors,
  LZ4_RAW: lz4Block,
  ZSTD: (page, bytes) => zstdDecompressSync(page, { maxOutputLength: Math.max(bytes, 1) }),
  GZIP: (page, bytes) => gunzipSync(page, { maxOutputLength: Math.max(bytes, 1) }),
  BROTLI: (page, bytes) => brotliDecompressSync(page, { maxOutputLength: Math.max(bytes, 1) }),
};
