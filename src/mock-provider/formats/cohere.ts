import type { WireFormat } from "../wire-format.ts";
import { bodyOf, choiceField, countField, textField, textsField } from "./body-fields.ts";

const purposes = ["search_document", "search_query", "classification", "clustering"] as const;

/** Source: Cohere's API reference, "Embed API (v2)". */
export const cohereFormat: WireFormat = {
  name: "cohere",
  path: /^\/v2\/embed$/,
  maxItems: 96,
  read(value) {
    const body = bodyOf(value);
    const [encoding] =
      body["embedding_types"] === undefined ? ["float"] : textsField(body, "embedding_types");
    return {
      model: textField(body, "model"),
      inputs: textsField(body, "texts"),
      dimensions: countField(body, "output_dimension"),
      encoding: choiceField({ embedding_types: encoding }, "embedding_types", ["float", "base64"], "float"),
      purpose: choiceField(body, "input_type", purposes, null) === "search_query" ? "query" : "document",
      truncate: choiceField(body, "truncate", ["NONE", "START", "END"], "END") !== "NONE",
    };
  },
  write({ items, tokens, requestNumber }, { encoding }) {
    const vectors = items.map(({ vector }) => (encoding === "base64" ? `"${vector}"` : vector)).join(",");
    const meta = JSON.stringify({ api_version: { version: "2" }, billed_units: { input_tokens: tokens } });
    return `{"id":"mock-${requestNumber}","response_type":"embeddings_by_type","embeddings":{"${encoding}":[${vectors}]},"meta":${meta}}`;
  },
  refuse: ({ status, message }) => ({ status, body: JSON.stringify({ message }) }),
};
