/** Every message that crosses between the thread lane and its workers. Errors cross as data. */
import type { CanaryCheck } from "./canary.ts";
import type { ErrorData } from "./errors.ts";
import type { SpaceDescription } from "./space.ts";

/** How a worker finds and opens its model. Everything here was checked before a worker starts. */
export interface EmbedderPlan {
  readonly kind: "onnx" | "static";
  /** Absolute folder of the model package. */
  readonly folder: string;
  /** The weights file, relative to the folder. */
  readonly weightsFile: string;
  readonly space: SpaceDescription;
  readonly threads: number;
  readonly device: string;
  /** What the model must give before it is used; null where nothing is pinned yet. */
  readonly canary: CanaryCheck | null;
}

/** What a worker is started with. */
export interface WorkerStart {
  readonly plan: EmbedderPlan;
}

/** One slice of texts to embed: part of a window, all of similar length. */
export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly purpose: "document" | "query";
}

/** The answer to one request. `vectors` and `outcomes` are transferred, not copied. */
export interface EmbedAnswer {
  readonly ok: true;
  /** Shape: `[texts, dimensions]`, row-major. */
  readonly vectors: Float32Array;
  /** One `RowOutcome` per text. Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly tokens: number;
  readonly slots: number;
  readonly truncated: number;
  readonly tokenizeSeconds: number;
  readonly inferSeconds: number;
}

export interface EmbedFailure {
  readonly ok: false;
  readonly error: ErrorData;
}

export type EmbedReply = EmbedAnswer | EmbedFailure;
