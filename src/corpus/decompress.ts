import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ReembedError } from "../core/errors.ts";
import { formatError } from "./corpus-error.ts";
import { zstdFrames } from "./zstd-frames.ts";

/** How a whole file is compressed, beside what its format does inside. */
export type Compression = "none" | "gzip" | "zstd";

const chunkBytes = 1 << 18;

/**
 * The bytes as they were before compression.
 * @throws REEMBED_CORPUS_FORMAT where the compressed data is damaged or cut short
 */
export async function* decompressed(
  chunks: AsyncIterable<Buffer>,
  compression: Compression,
  file: string,
): AsyncGenerator<Buffer, void> {
  if (compression === "none") {
    yield* chunks;
    return;
  }
  const isGzip = compression === "gzip";
  const engine = isGzip
    ? createGunzip({ chunkSize: chunkBytes })
    : createZstdDecompress({ chunkSize: chunkBytes });
  let inputError: unknown;
  const fed = pipeline(isGzip ? chunks : zstdFrames(chunks, file), engine).catch((thrown: unknown) => {
    inputError = thrown;
  });
  let bytes = 0;
  try {
    for await (const chunk of engine) {
      const buffer = chunk as Buffer;
      bytes += buffer.length;
      yield buffer;
    }
  } catch (thrown) {
    await fed;
    if (inputError instanceof ReembedError) throw inputError;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw formatError(
      file,
      `the ${compression} data is damaged or cut short after ${bytes} decompressed bytes (${reason})`,
      `get the file again, or test it with \`${compression} -t\``,
      { decompressedBytes: bytes },
      thrown,
    );
  } finally {
    engine.destroy();
  }
}
