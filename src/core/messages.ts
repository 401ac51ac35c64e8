/** Every message that crosses between the thread lane and its workers. Errors cross as data. */
import type { CanaryCheck } from "./canary.ts";
import type { Device } from "./device.ts";
import type { ErrorData } from "./errors.ts";
import type { SpaceDescription } from "./space.ts";
import type { Utf8Texts } from "./utf8-texts.ts";

/** How a worker finds and opens its model. Everything here was checked before a worker starts. */
export interface EmbedderPlan {
  readonly kind: "onnx" | "static";
  /** Absolute folder of the model package. */
  readonly folder: string;
  /** The weights file, relative to the folder. */
  readonly weightsFile: string;
  readonly space: SpaceDescription;
  readonly threads: number;
  readonly device: Device;
  /** What the model must give before it is used; null where nothing is pinned yet. */
  readonly canary: CanaryCheck | null;
}

/** What a worker is started with. */
export interface WorkerStart {
  readonly plan: EmbedderPlan;
}

/** Texts to vectors in one step: for static models, and for queries. */
export interface EmbedRequest {
  readonly step: "embed";
  readonly texts: Utf8Texts;
  readonly purpose: "document" | "query";
}

/**
 * The first of a transformer's two steps: documents to token ids. Once all texts of a window have
 * theirs, those of equal length can share calls, whichever worker tokenised them.
 */
export interface TokenizeRequest {
  readonly step: "tokenize";
  readonly texts: Utf8Texts;
}

/** The second step: calls of the model, planned over a whole window. */
export interface InferRequest {
  readonly step: "infer";
  /** Ids of all texts, end to end, in the order of the calls. */
  readonly ids: Int32Array;
  /** Tokens of each text. Shape: `[texts]`. */
  readonly lengths: Int32Array;
  /** Per call: its texts, and the slots of each, which are more than its tokens where it is padded. Shape: `[calls, 2]`. */
  readonly calls: Int32Array;
}

export type LaneRequest = EmbedRequest | TokenizeRequest | InferRequest;

/** Seconds that a worker spent on one request. */
export interface StageSeconds {
  readonly tokenizeSeconds: number;
  readonly inferSeconds: number;
  readonly poolSeconds: number;
}

/** Vectors of texts, in the order of the request. Every array is transferred, not copied. */
export interface VectorAnswer extends StageSeconds {
  readonly ok: true;
  readonly step: "embed" | "infer";
  /** Shape: `[texts, dimensions]`, row-major. */
  readonly vectors: Float32Array;
  /** One `RowOutcome` per text. Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly tokens: number;
  readonly slots: number;
  readonly truncated: number;
}

/** Token ids of texts, in the order of the request. Every array is transferred, not copied. */
export interface TokenAnswer extends StageSeconds {
  readonly ok: true;
  readonly step: "tokenize";
  /** End to end. */
  readonly ids: Int32Array;
  /** Ids of each text; 0 where it has no vector. Shape: `[texts]`. */
  readonly lengths: Int32Array;
  /** One `RowOutcome` per text: `embedded` where the model is to be asked. Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly truncated: number;
}

export interface LaneFailure {
  readonly ok: false;
  readonly error: ErrorData;
}

export type LaneAnswer = VectorAnswer | TokenAnswer;
export type LaneReply = LaneAnswer | LaneFailure;
