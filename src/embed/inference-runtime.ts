/** The seam to whatever runs a transformer: load, describe, run. */
export interface InferenceRuntime {
  /** @throws REEMBED_MODEL_LOAD_FAILED, REEMBED_MODEL_UNSUPPORTED */
  load(weightsPath: string, options: LoadOptions): Promise<LoadedModel>;
}

export interface LoadOptions {
  /** Threads inside one call. */
  readonly threads: number;
  /** `cpu`, or the name of another execution provider. */
  readonly device: string;
  /** Whether int8 products must be kept from saturating on this CPU. */
  readonly widenIntegers: boolean;
}

export interface LoadedModel {
  readonly inputs: readonly string[];
  readonly outputs: readonly OutputDescription[];
  /** One call. The batch may be reused by the caller once the promise has settled. */
  run(batch: TokenBatch, output: string): Promise<OutputTensor>;
  close(): Promise<void>;
}

export interface OutputDescription {
  readonly name: string;
  /** Number of axes; null where the model does not say. */
  readonly rank: number | null;
}

/** Texts of one token count: no padding. */
export interface TokenBatch {
  readonly rows: number;
  /** Tokens of each text, special tokens included. */
  readonly length: number;
  /** Shape: `[rows, length]`, row-major; may be longer. Owner: borrowed. */
  readonly ids: Int32Array;
}

export interface OutputTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}
