import type { Device } from "../core/device.ts";

/** The seam to whatever runs a transformer: load, describe, run. */
export interface InferenceRuntime {
  /** @throws REEMBED_MODEL_LOAD_FAILED, REEMBED_MODEL_UNSUPPORTED, REEMBED_LANE_DEVICE */
  load(weightsPath: string, options: LoadOptions): Promise<LoadedModel>;
}

export interface LoadOptions {
  /** Threads inside one call. */
  readonly threads: number;
  readonly device: Device;
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

/** The texts of one call. */
export interface TokenBatch {
  readonly rows: number;
  /** Slots of each text: its tokens, special ones included, and what it is padded with behind them. */
  readonly length: number;
  /** Shape: `[rows, length]`, row-major; may be longer. Owner: borrowed. */
  readonly ids: Int32Array;
  /** Tokens of each text; null where none is padded. Shape: `[rows]`. */
  readonly lengths: Int32Array | null;
}

export interface OutputTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}
