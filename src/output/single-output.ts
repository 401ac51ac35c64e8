import type { Schema } from "apache-arrow";
import type { EmbeddingOutput } from "../core/embedding-output.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { EncoderSource } from "./encoder.ts";
import { fileOutput } from "./file-output.ts";
import { outputBatch } from "./output-schema.ts";

/** One file or one stream: whole when it is finished, and nothing to go on with before. */
export function singleOutput(options: {
  readonly name: string;
  readonly format: "parquet" | "arrow";
  readonly schema: Schema;
  readonly encoders: EncoderSource;
  readonly sink: ByteSink;
}): EmbeddingOutput {
  const { name, format, schema, encoders, sink } = options;
  const file = fileOutput(encoders.open(), sink);
  let files = 0;
  return {
    name,
    format,
    done: { rows: 0, digest: 0n, complete: false },
    get isRead() {
      return sink.isRead;
    },
    write: (rows) => file.write(outputBatch(schema, rows)),
    async finish() {
      await file.commit();
      files = 1;
      await encoders.close();
    },
    async suspend() {
      await encoders.close();
      await file.discard();
    },
    size: () => ({ files, bytes: sink.bytes }),
  };
}
