import type { ByteStream } from "../core/embedding-output.ts";
import { type ByteSink, joinChunks } from "./byte-sink.ts";
import { outputError } from "./output-error.ts";

/**
 * A stream as a sink: a write waits until the stream has room again, so what is pending stays within
 * the stream's own bound and one batch. A reader that goes away is no failure.
 */
export function streamSink(name: string, stream: ByteStream): ByteSink {
  let bytes = 0;
  let gone = false;
  let failure: Error | null = null;
  const failed = new Promise<void>((resolve) => {
    stream.on("error", (error) => {
      if (error.code === "EPIPE") gone = true;
      else failure ??= error;
      resolve();
    });
  });

  const drained = async (): Promise<void> => {
    const room = new Promise<void>((resolve) => {
      stream.once("drain", resolve);
    });
    await Promise.race([room, failed]);
    if (failure !== null) throw outputError(name, failure);
  };

  return {
    get isRead() {
      return !gone;
    },
    get bytes() {
      return bytes;
    },
    async write(chunks) {
      const joined = joinChunks(chunks);
      if (gone || joined.byteLength === 0) return;
      bytes += joined.byteLength;
      if (!stream.write(joined)) await drained();
    },
    async commit() {
      if (!gone && stream.writableLength > 0) await drained();
      if (failure !== null) throw outputError(name, failure);
    },
    async discard() {},
  };
}
