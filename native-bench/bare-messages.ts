/** What the bare bench tells its workers. All of it lies in memory that they share. */
export interface BareStart {
  readonly weights: string;
  /** Added to ONNX Runtime's session configuration. */
  readonly sessionEntries: Readonly<Record<string, string>>;
  /** Token ids of every text, special tokens included, in the order of the calls. */
  readonly ids: BigInt64Array;
  /** Per call: where its ids start, texts, tokens of each. Shape: `[calls, 3]`. */
  readonly calls: Int32Array;
  /** The next call that nobody has taken. Shape: `[1]`. */
  readonly next: Int32Array;
}

/** Sent to a worker: take calls until none is left. Answered with the same. */
export type BareMessage = "run" | "ready" | "done";
