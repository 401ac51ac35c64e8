/** Vectors as they came, with what they say of themselves: nothing is scaled or rounded. */
export interface AnsweredVectors {
  /** As long as the provider made them. */
  readonly dimensions: number;
  /**
   * In the order of the request's texts, put right by the answer's own `index` fields.
   * Shape: `[texts, dimensions]`, row-major. Owner: the caller.
   */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** Of each vector (L2): not a number, or infinite, where one of its components is. Shape: `[texts]`. */
  readonly lengths: Float64Array<ArrayBuffer>;
  /** 0 where the answer has no vector for a text, or two. Shape: `[texts]`. */
  readonly present: Uint8Array<ArrayBuffer>;
  /** What the answer calls the model; null where it does not say. */
  readonly model: string | null;
  /** Tokens that the provider bills; null where it does not say. */
  readonly tokens: number | null;
}
