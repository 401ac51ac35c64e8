import type { ProviderState } from "../provider-state.ts";
import type { Refusal, RefusalReason } from "../refusal.ts";
import { jsonReply, type MockRoute } from "../route.ts";
import type { WireFormat } from "../wire-format.ts";
import { bodyOf, flagField, inputsField } from "./body-fields.ts";

/** TEI's own default of `--max-concurrent-requests`. */
const usualConcurrency = 512;

/** Statuses and words of TEI's errors, by why. Source: its `docs/openapi.json`. */
const errorOf = (reason: RefusalReason): readonly [status: number, type: string] => {
  switch (reason) {
    case "limit-requests":
    case "limit-tokens":
    case "limit-concurrency":
    case "random-429":
      return [429, "Overloaded"];
    case "random-5xx":
    case "poisoned":
      return [424, "Backend"];
    case "too-large":
      return [413, "Validation"];
    case "invalid":
    case "model-missing":
    case "not-found":
      return [422, "Validation"];
    case "unauthorized":
      return [401, "Validation"];
  }
};

/**
 * Text Embeddings Inference serves one model: here the first one.
 * Source: `docs/openapi.json` of text-embeddings-inference 1.7.
 */
export const teiFormat: WireFormat = {
  name: "tei",
  path: /^\/embed$/,
  maxItems: null,
  read(value, _path, [first]) {
    const body = bodyOf(value);
    return {
      model: first?.name ?? "",
      inputs: inputsField(body, "inputs"),
      dimensions: null,
      encoding: "float",
      purpose: body["prompt_name"] === "query" ? "query" : "document",
      truncate: flagField(body, "truncate", false),
    };
  },
  write: ({ items }) => `[${items.map(({ vector }) => vector).join(",")}]`,
  refuse: refuseAsTei,
};

function refuseAsTei({ reason, message }: Refusal): { readonly status: number; readonly body: string } {
  const [status, type] = errorOf(reason);
  return { status, body: JSON.stringify({ error: message, error_type: type }) };
}

/** What TEI tells of itself, and its tokenizer. */
export function teiRoutes({ models, settings }: ProviderState): MockRoute[] {
  const [first] = models.values();
  if (first === undefined) return [];
  const { limits, threads } = settings;
  return [
    {
      method: "GET",
      path: /^\/info$/,
      maxBytes: 0,
      guarded: true,
      answer: async () =>
        jsonReply(200, {
          model_id: first.name,
          model_sha: first.digest,
          model_dtype: "float32",
          model_type: { embedding: { pooling: "mean" } },
          max_concurrent_requests: limits.concurrency ?? usualConcurrency,
          max_input_length: limits.tokensPerInput,
          max_batch_tokens: limits.tokensPerRequest,
          max_client_batch_size: limits.itemsPerRequest,
          auto_truncate: false,
          tokenization_workers: threads,
          version: "0.0.0-mock",
        }),
    },
    {
      method: "GET",
      path: /^\/health$/,
      maxBytes: 0,
      guarded: false,
      answer: async () => jsonReply(200, ""),
    },
    {
      method: "POST",
      path: /^\/tokenize$/,
      maxBytes: limits.bytesPerRequest,
      guarded: true,
      async answer({ body }) {
        const texts = inputsField(bodyOf(JSON.parse(body.toString("utf8"))), "inputs");
        const plain = texts.filter((text) => typeof text === "string");
        const { ids, ends } = await first.served.tokenize(plain, first.vocabulary);
        const pieces = await first.served.decode(
          Array.from(ids, (id) => [id]),
          first.vocabulary,
        );
        const tokens = pieces.map((text, place) => {
          return { id: ids[place], text: text ?? "", special: false, start: null, stop: null };
        });
        return jsonReply(
          200,
          plain.map((_, index) => tokens.slice(ends[index - 1] ?? 0, ends[index])),
        );
      },
    },
  ];
}
