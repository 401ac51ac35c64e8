/** Messages between a server of vectors and the thread that makes them. Errors cross as data. */
import type { EmbedderPlan, LaneFailure } from "./messages.ts";
import type { Encoding } from "./provider.ts";

/** What tokens are counted by: the model's own vocabulary, or one of OpenAI's. */
export type Vocabulary = "own" | Encoding;

/** What the thread is started with. */
export interface ServedStart {
  readonly plan: EmbedderPlan;
}

/** How vectors are written into an answer: JSON arrays, or little-endian floats in base64. */
export type VectorEncoding = "float" | "base64";

/** What is done to a model's vectors on purpose, as a provider might do it unasked. */
export interface VectorChange {
  /** Cosine distance between a text's vector and the one that it is given instead; 0: unchanged. */
  readonly driftDistance: number;
  /** Largest amount added to or taken from each component; 0: none. */
  readonly jitter: number;
  /** Seed of the jitter. */
  readonly seed: number;
}

export type ServedRequest =
  | { readonly kind: "tokenize"; readonly vocabulary: Vocabulary; readonly texts: readonly string[] }
  | {
      readonly kind: "decode";
      readonly vocabulary: Vocabulary;
      readonly inputs: readonly (readonly number[])[];
    }
  | {
      readonly kind: "embed";
      readonly texts: readonly string[];
      readonly purpose: "document" | "query";
      /** Dimensions of the served model: its own vectors are widened or cut to so many. */
      readonly servedDimensions: number;
      /** Dimensions of the answer: the first so many, scaled to unit length. */
      readonly dimensions: number;
      readonly encoding: VectorEncoding;
      readonly change: VectorChange;
    };

/** Ids of many texts, end to end; `ends[i]` is where those of text `i` end. */
export interface TokenizedTexts {
  readonly ids: Int32Array;
  readonly ends: Int32Array;
}

export type ServedReply =
  | { readonly ok: true; readonly kind: "tokenize"; readonly tokens: TokenizedTexts }
  /** Null for an input with an id that the vocabulary does not have. */
  | { readonly ok: true; readonly kind: "decode"; readonly texts: readonly (string | null)[] }
  /** Each vector as it is written into an answer, without quotes around base64. */
  | { readonly ok: true; readonly kind: "embed"; readonly rows: readonly string[] }
  | LaneFailure;
