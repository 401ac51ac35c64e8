import type { AnswerItem, WireFormat } from "../wire-format.ts";
import { bodyOf, choiceField, countField, inputsField, textField } from "./body-fields.ts";
import type { Refusal } from "../refusal.ts";

/**
 * OpenAI's `POST /v1/embeddings`, which most servers answer.
 * Source: the API reference of OpenAI, "Create embeddings".
 */
export const openAiFormat: WireFormat = {
  name: "openai",
  path: /^(?:\/openai)?\/v1\/embeddings$/,
  read(value) {
    const body = bodyOf(value);
    return {
      model: textField(body, "model"),
      inputs: inputsField(body, "input"),
      dimensions: countField(body, "dimensions"),
      encoding: choiceField(body, "encoding_format", ["float", "base64"], "float"),
      purpose: "document",
      truncate: false,
    };
  },
  write({ model, items, tokens }, { encoding }) {
    const data = items.map((item) => writeItem(item, encoding === "base64")).join(",");
    const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
    return `{"object":"list","data":[${data}],"model":${JSON.stringify(model)},"usage":${usage}}`;
  },
  writeRefusal: writeOpenAiRefusal,
};

function writeItem({ index, vector }: AnswerItem, base64: boolean): string {
  return `{"object":"embedding","index":${index},"embedding":${base64 ? `"${vector}"` : vector}}`;
}

/** An error as OpenAI writes it. */
export function writeOpenAiRefusal({ message, type, param, code }: Refusal): string {
  return JSON.stringify({ error: { message, type, param, code } });
}
