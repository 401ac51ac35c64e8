import type { EmbedAnswer, EmbedRequest } from "../core/messages.ts";

/** A model that is open and turns texts into vectors. One request at a time. */
export interface Embedder {
  /** @throws REEMBED_EMBED_FAILED */
  embed(request: EmbedRequest): Promise<EmbedAnswer>;
  close(): Promise<void>;
}
