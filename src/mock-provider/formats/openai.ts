import type { Refusal } from "../refusal.ts";
import type { AnswerItem, WireFormat } from "../wire-format.ts";
import { bodyOf, choiceField, countField, flagField, inputsField, textField } from "./body-fields.ts";

/**
 * `POST /v1/embeddings`, which OpenAI made and most others took over: Azure (below `/openai`), Mistral
 * (`output_dimension`), Voyage (`output_dimension`, `input_type`, `truncation`), vLLM, LM Studio, TEI.
 * Source: the API references of OpenAI ("Create embeddings"), Mistral ("Embeddings") and Voyage AI
 * ("Text embeddings").
 */
export const openAiFormat: WireFormat = {
  name: "openai",
  path: /^(?:\/openai)?\/v1\/embeddings$/,
  maxItems: null,
  read(value) {
    const body = bodyOf(value);
    return {
      model: textField(body, "model"),
      inputs: inputsField(body, "input"),
      dimensions: countField(body, "dimensions") ?? countField(body, "output_dimension"),
      encoding: choiceField(body, "encoding_format", ["float", "base64"], "float"),
      purpose: choiceField(body, "input_type", ["document", "query"], "document"),
      truncate: flagField(body, "truncation", false),
    };
  },
  write({ model, items, tokens }, { encoding }) {
    const data = items.map((item) => writeItem(item, encoding === "base64")).join(",");
    const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
    return `{"object":"list","data":[${data}],"model":${JSON.stringify(model)},"usage":${usage}}`;
  },
  refuse: (refusal) => ({ status: refusal.status, body: writeOpenAiRefusal(refusal) }),
};

function writeItem({ index, vector }: AnswerItem, base64: boolean): string {
  return `{"object":"embedding","index":${index},"embedding":${base64 ? `"${vector}"` : vector}}`;
}

/** An error as OpenAI writes it. */
export function writeOpenAiRefusal({ message, type, param, code }: Refusal): string {
  return JSON.stringify({ error: { message, type, param, code } });
}
