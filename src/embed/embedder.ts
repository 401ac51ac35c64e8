import type {
  EmbedRequest,
  InferRequest,
  TokenAnswer,
  TokenizeRequest,
  VectorAnswer,
} from "../core/messages.ts";

/** A model that is open and turns texts into vectors. One request at a time. */
export interface Embedder {
  /** Each text in a call of its own. @throws REEMBED_EMBED_FAILED */
  embed(request: EmbedRequest): Promise<VectorAnswer>;
  /** The two steps of a transformer; null where one step is as good. */
  readonly steps: TransformerSteps | null;
  close(): Promise<void>;
}

/** Documents to token ids, and calls planned over many of them to vectors. */
export interface TransformerSteps {
  tokenize(request: TokenizeRequest): TokenAnswer;
  /** @throws REEMBED_EMBED_FAILED */
  infer(request: InferRequest): Promise<VectorAnswer>;
}
