/** Messages between the bench and the worker thread that measures the parts of an embedder. */

/** What can be timed by itself, and how many things one turn of it handles. */
const embedderParts = ["tokenizer", "pooling"] as const;
export type EmbedderPart = (typeof embedderParts)[number];

export interface PartsStart {
  /** Absolute folder of a model package. */
  readonly folder: string;
  readonly texts: readonly string[];
  /** Tokens beyond this are not counted. */
  readonly maxTokens: number;
}

export type PartsRequest =
  | { readonly kind: "count-tokens" }
  | { readonly kind: "time"; readonly part: EmbedderPart; readonly turns: number };

export type PartsReply =
  /** Tokens of each text, special ones included, after truncation. Shape: `[texts]`. */
  | { readonly kind: "counted"; readonly lengths: Int32Array }
  | { readonly kind: "timed"; readonly seconds: number };
