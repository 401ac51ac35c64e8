import { Piscina } from "piscina";
import { ReembedError } from "../core/errors.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import type {
  ServedReply,
  ServedRequest,
  ServedStart,
  TokenizedTexts,
  Vocabulary,
} from "../core/served-model.ts";

type EmbedServed = Omit<Extract<ServedRequest, { kind: "embed" }>, "kind">;

/** A model behind the server: threads that count tokens and make vectors as answers hold them. */
export interface ServedModel {
  /** Dimensions of the model's own vectors. */
  readonly dimensions: number;
  /** Names the weights: the digest of the package, in hex. */
  readonly digest: string;
  tokenize(texts: readonly string[], vocabulary: Vocabulary): Promise<TokenizedTexts>;
  /** Texts that have these token ids; null where an id is unknown or the vocabulary has no way back. */
  decode(inputs: readonly (readonly number[])[], vocabulary: Vocabulary): Promise<readonly (string | null)[]>;
  /** One written vector per text. */
  embed(request: EmbedServed): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Starts the threads of one model. @throws what the model's package is refused for, at the first call */
export function serveModel(plan: EmbedderPlan, threads: number): ServedModel {
  const start: ServedStart = { plan };
  // The worker's extension is this file's own: .ts from source, .js once built.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = new Piscina({
    filename: new URL(`../embed/serve.worker.${extension}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: 2,
    workerData: start,
    recordTiming: false,
  });

  async function ask<Kind extends ServedRequest["kind"]>(
    request: Extract<ServedRequest, { kind: Kind }>,
  ): Promise<Extract<ServedReply, { kind: Kind }>> {
    const reply = (await pool.run(request)) as ServedReply;
    if (!reply.ok) throw ReembedError.fromData(reply.error);
    return reply as Extract<ServedReply, { kind: Kind }>;
  }

  return {
    dimensions: plan.space.dimensions,
    digest: plan.space.packageDigest ?? "",
    tokenize: async (texts, vocabulary) =>
      (await ask<"tokenize">({ kind: "tokenize", vocabulary, texts })).tokens,
    decode: async (inputs, vocabulary) => (await ask<"decode">({ kind: "decode", vocabulary, inputs })).texts,
    embed: async (request) => (await ask<"embed">({ kind: "embed", ...request })).rows,
    close: () => pool.destroy(),
  };
}
