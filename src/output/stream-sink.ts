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
  let handedOver: Promise<void> = Promise.resolve();
  const failed = new Promise<void>((resolve) => {
    stream.on("error", (error) => {
      if (error.code === "EPIPE") gone = true;
      else failure ??= error;
      resolve();
    });
  });

  const unlessFailed = async (step: Promise<void>): Promise<void> => {
    await Promise.race([step, failed]);
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
      const { promise, resolve } = Promise.withResolvers<void>();
      handedOver = promise;
      if (stream.write(joined, resolve)) return;
      await unlessFailed(new Promise((roomAgain) => stream.once("drain", roomAgain)));
    },
    async commit() {
      // A stream that had room to the end never drains, and may still hold the last chunks.
      await unlessFailed(handedOver);
    },
    async discard() {},
  };
}
