import type { RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import type { Encoder, EncoderSource } from "./encoder.ts";

/** Arrow IPC: the file format, or the stream format for a pipe. */
export function arrowEncoders(schema: Schema, layout: "file" | "stream"): EncoderSource {
  return { open: () => arrowEncoder(schema, layout), close: async () => {} };
}

/** Batches are written as they are: their buffers leave as chunks, uncopied. */
function arrowEncoder(schema: Schema, layout: "file" | "stream"): Encoder {
  const collected = new ChunkCollector();
  const writer = layout === "file" ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
  writer.reset(collected, schema);
  return {
    encode: async (batch: RecordBatch) => {
      writer.write(batch);
      return collected.take();
    },
    finish: async () => {
      writer.finish();
      return collected.take();
    },
  };
}

/** Arrow's own queue, with the chunks handed over at once instead of kept for a reader. */
class ChunkCollector extends arrow.AsyncByteQueue {
  #chunks: Uint8Array[] = [];

  override write(value: ArrayBufferView | ArrayBufferLike): void {
    this.#chunks.push(
      ArrayBuffer.isView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : new Uint8Array(value),
    );
  }

  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }
}

/** One batch, or none, as an Arrow stream of its own. */
export function streamBytes(schema: Schema, batch: RecordBatch | null): Uint8Array<ArrayBuffer> {
  const table = new arrow.Table(schema, batch === null ? [] : [batch]);
  // The writer joins its chunks into a buffer that nothing else holds.
  return arrow.tableToIPC(table, "stream") as Uint8Array<ArrayBuffer>;
}
