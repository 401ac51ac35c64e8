import { findModel } from "../check-question.ts";
import type { ProviderState } from "../provider-state.ts";
import { jsonReply, type MockRoute } from "../route.ts";
import type { ListedModel, WireFormat } from "../wire-format.ts";
import { bodyOf, countField, flagField, inputsField, textField } from "./body-fields.ts";

/** Names are short. Unit: bytes. */
const showBytes = 64 * 1024;
const nanosecondsPerMs = 1_000_000;

/** Source: Ollama's API documentation, "Generate Embeddings". */
export const ollamaFormat: WireFormat = {
  name: "ollama",
  path: /^\/api\/embed$/,
  maxItems: null,
  read(value) {
    const body = bodyOf(value);
    return {
      model: textField(body, "model"),
      inputs: inputsField(body, "input"),
      dimensions: countField(body, "dimensions"),
      encoding: "float",
      purpose: "document",
      truncate: flagField(body, "truncate", true),
    };
  },
  write({ model, items, tokens, elapsedMs }) {
    const vectors = items.map(({ vector }) => vector).join(",");
    const total = Math.round(elapsedMs * nanosecondsPerMs);
    return `{"model":${JSON.stringify(model)},"embeddings":[${vectors}],"total_duration":${total},"load_duration":0,"prompt_eval_count":${tokens}}`;
  },
  refuse: ({ status, message, reason }) => ({
    status,
    body: JSON.stringify({
      error: reason === "model-missing" ? "model not found, try pulling it first" : message,
    }),
  }),
};

/** Lists and shows models. Source: Ollama's API documentation, "List Local Models", "Show Model Information". */
export function ollamaRoutes({ models }: ProviderState): MockRoute[] {
  return [
    {
      method: "GET",
      path: /^\/api\/tags$/,
      maxBytes: 0,
      guarded: true,
      answer: async () => jsonReply(200, { models: [...models.values()].map(describeTag) }),
    },
    {
      method: "POST",
      path: /^\/api\/show$/,
      maxBytes: showBytes,
      guarded: true,
      async answer({ body }) {
        const asked: unknown = JSON.parse(body.toString("utf8"));
        const { model: name } = bodyOf(asked);
        const model = typeof name === "string" ? findModel(models, name) : undefined;
        return model === undefined
          ? jsonReply(404, { error: `model '${String(name)}' not found` })
          : jsonReply(200, describeShown(model));
      },
    },
    {
      method: "GET",
      path: /^\/api\/version$/,
      maxBytes: 0,
      guarded: false,
      answer: async () => jsonReply(200, { version: "0.0.0-mock" }),
    },
  ];
}

const details = {
  parent_model: "",
  format: "gguf",
  family: "bert",
  families: ["bert"],
  quantization_level: "Q8_0",
};

function describeTag({ name, digest }: ListedModel): object {
  const tagged = name.includes(":") ? name : `${name}:latest`;
  return { name: tagged, model: tagged, modified_at: new Date(0).toISOString(), size: 0, digest, details };
}

function describeShown({ dimensions }: ListedModel): object {
  return {
    details,
    model_info: { "general.architecture": "bert", "bert.embedding_length": dimensions },
    capabilities: ["embedding"],
  };
}
