import type { RecordBatch } from "apache-arrow";

/** Turns the batches of one file into its bytes. */
export interface Encoder {
  /** Bytes that are ready once this batch is taken in; the batch may be let go of then. */
  encode(batch: RecordBatch): Promise<readonly Uint8Array[]>;
  /** The rest of the file. */
  finish(): Promise<readonly Uint8Array[]>;
}

/** Encodes file after file of one schema. */
export interface EncoderSource {
  /** One file at a time: the one before must be finished or dropped. */
  open(): Encoder;
  close(): Promise<void>;
}
