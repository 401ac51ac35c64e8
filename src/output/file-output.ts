import type { RecordBatch } from "apache-arrow";
import type { ByteSink } from "./byte-sink.ts";
import type { Encoder } from "./encoder.ts";

/** One file being written, batch by batch. */
export interface FileOutput {
  write(batch: RecordBatch): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Sends what an encoder makes to a sink. */
export function fileOutput(encoder: Encoder, sink: ByteSink): FileOutput {
  return {
    write: async (batch) => sink.write(await encoder.encode(batch)),
    commit: async () => {
      await sink.write(await encoder.finish());
      await sink.commit();
    },
    discard: () => sink.discard(),
  };
}
