import type { EmbeddingQuestion, WireFormat } from "../wire-format.ts";
import { type Body, bodyOf, choiceField, countField, listField, textField } from "./body-fields.ts";

const taskTypes = [
  "RETRIEVAL_DOCUMENT",
  "RETRIEVAL_QUERY",
  "SEMANTIC_SIMILARITY",
  "CLASSIFICATION",
  "CLUSTERING",
  "QUESTION_ANSWERING",
  "FACT_VERIFICATION",
  "CODE_RETRIEVAL_QUERY",
] as const;

/** Names of Google's canonical codes. Source: google.rpc.Code. */
const statusNames: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  404: "NOT_FOUND",
  413: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
};

const refuse: WireFormat["refuse"] = ({ status, message }) => ({
  status,
  body: JSON.stringify({ error: { code: status, message, status: statusNames[status] ?? "INTERNAL" } }),
});

/** One text. Source: the Gemini API's reference, `models.embedContent`. */
export const googleSingleFormat: WireFormat = {
  name: "google-single",
  path: /^\/v1beta\/models\/(?<model>[^/]+):embedContent$/,
  maxItems: 1,
  read: (value, { model = "" }) => questionOf(model, [bodyOf(value)]),
  write: ({ items }) => `{"embedding":{"values":${items[0]?.vector ?? "[]"}}}`,
  refuse,
};

/** Many texts. Source: the Gemini API's reference, `models.batchEmbedContents`. */
export const googleBatchFormat: WireFormat = {
  name: "google-batch",
  path: /^\/v1beta\/models\/(?<model>[^/]+):batchEmbedContents$/,
  maxItems: 100,
  read: (value, { model = "" }) => questionOf(model, listField(bodyOf(value), "requests").map(bodyOf)),
  write: ({ items }) => `{"embeddings":[${items.map(({ vector }) => `{"values":${vector}}`).join(",")}]}`,
  refuse,
};

/** A question of requests that all ask for the same, as every client sends them. */
function questionOf(model: string, requests: readonly Body[]): EmbeddingQuestion {
  const [first = {}] = requests;
  return {
    model: decodeURIComponent(model),
    inputs: requests.map(textOf),
    dimensions: countField(first, "outputDimensionality"),
    encoding: "float",
    purpose: choiceField(first, "taskType", taskTypes, null) === "RETRIEVAL_QUERY" ? "query" : "document",
    // Gemini cuts what is too long without a word.
    truncate: true,
  };
}

/** The text of a request's content: its parts, end to end. */
function textOf(request: Body): string {
  const parts = listField(bodyOf(request["content"]), "parts").map(bodyOf);
  return parts.map((part) => textField(part, "text")).join("");
}
