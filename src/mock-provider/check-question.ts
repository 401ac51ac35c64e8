import type { NamedModel, ProviderState } from "./provider-state.ts";
import { invalidRequest, type Refusal, serverError } from "./refusal.ts";
import type { EmbeddingQuestion, MockInput } from "./wire-format.ts";

/** A question that the provider can answer, with every text and its tokens. */
export interface CheckedQuestion {
  readonly question: EmbeddingQuestion;
  readonly model: NamedModel;
  readonly texts: readonly string[];
  /** Tokens that are paid for. */
  readonly tokens: number;
  readonly dimensions: number;
}

export type Checked =
  | { readonly ok: true; readonly checked: CheckedQuestion }
  | { readonly ok: false; readonly refusal: Refusal };

const refused = (refusal: Refusal): Checked => ({ ok: false, refusal });

/** Holds a question against what the provider takes: its models, and its limits of one request. */
export async function checkQuestion(
  question: EmbeddingQuestion,
  formatItems: number | null,
  state: ProviderState,
): Promise<Checked> {
  const { limits } = state.settings;
  const model = findModel(state.models, question.model);
  if (model === undefined) return refused(missingModel(question.model));
  const dimensions = question.dimensions ?? model.dimensions;
  if (dimensions > model.dimensions) {
    const message = `Invalid 'dimensions': ${model.name} has at most ${model.dimensions}, not ${dimensions}.`;
    return refused(invalidRequest(message, { param: "dimensions" }));
  }
  const maxItems = Math.min(limits.itemsPerRequest, formatItems ?? Infinity);
  if (question.inputs.length > maxItems) {
    const message = `Invalid 'input': at most ${maxItems} items a request, not ${question.inputs.length}.`;
    return refused(invalidRequest(message, { param: "input", reason: "too-large" }));
  }
  const texts = await textsOf(question.inputs, model);
  if (texts === null) {
    return refused(
      invalidRequest("Invalid 'input': a token id is unknown to this model.", { param: "input" }),
    );
  }
  if (texts.includes("")) {
    return refused(invalidRequest("Invalid 'input': an input cannot be empty.", { param: "input" }));
  }
  return countTokens(question, { model, texts, dimensions }, state);
}

async function countTokens(
  question: EmbeddingQuestion,
  { model, texts, dimensions }: Pick<CheckedQuestion, "model" | "texts" | "dimensions">,
  { settings: { limits } }: ProviderState,
): Promise<Checked> {
  const { ends } = await model.served.tokenize(texts, model.vocabulary);
  let tokens = 0;
  for (let i = 0; i < texts.length; i++) {
    const input = question.inputs[i]!;
    // A text without a token of its own still costs one.
    const own = typeof input === "string" ? Math.max(1, ends[i]! - (ends[i - 1] ?? 0)) : input.length;
    if (own > limits.tokensPerInput && !question.truncate) {
      const message = `Invalid 'input[${i}]': maximum input length is ${limits.tokensPerInput} tokens, and this has ${own}.`;
      return refused(invalidRequest(message, { param: "input", reason: "too-large" }));
    }
    tokens += Math.min(own, limits.tokensPerInput);
  }
  if (tokens > limits.tokensPerRequest) {
    const message = `Requested ${tokens} tokens, max ${limits.tokensPerRequest} tokens per request.`;
    return refused(
      invalidRequest(message, {
        type: "max_tokens_per_request",
        code: "max_tokens_per_request",
        reason: "too-large",
      }),
    );
  }
  return { ok: true, checked: { question, model, texts, tokens, dimensions } };
}

/** Texts of all inputs, token ids turned back into text; null where an id is unknown. */
async function textsOf(inputs: readonly MockInput[], model: NamedModel): Promise<readonly string[] | null> {
  const lists = inputs.filter((input) => typeof input !== "string");
  if (lists.length === 0) return inputs as readonly string[];
  const decoded = (await model.served.decode(lists, model.vocabulary)).values();
  const texts = inputs.map((input) => (typeof input === "string" ? input : (decoded.next().value ?? null)));
  return texts.every((text) => text !== null) ? texts : null;
}

/** The refusal of a text that the provider stumbles over; null where none is among them. */
export function poisonedRefusal({ texts }: CheckedQuestion, { faults }: ProviderState): Refusal | null {
  for (const { text, status } of faults.poison) {
    const index = texts.findIndex((each) => each.includes(text));
    if (index < 0) continue;
    if (status === 500)
      return serverError("poisoned", 500, "The server had an error while processing your request.");
    // Which input it was is what a real provider does not say.
    return invalidRequest("Invalid 'input': the request could not be processed.", {
      param: "input",
      reason: "poisoned",
    });
  }
  return null;
}

/** A model by its name; the tag `:latest`, which Ollama's clients may leave out, makes no difference. */
export function findModel(models: ProviderState["models"], name: string): NamedModel | undefined {
  return models.get(name) ?? models.get(name.replace(/:latest$/, "")) ?? models.get(`${name}:latest`);
}

function missingModel(name: string): Refusal {
  const message = `The model '${name}' does not exist or you do not have access to it.`;
  return invalidRequest(message, {
    reason: "model-missing",
    status: 404,
    code: "model_not_found",
    param: "model",
  });
}

/** The refusal of a key that is missing or another. */
export const wrongKey: Refusal = invalidRequest("Incorrect API key provided.", {
  reason: "unauthorized",
  status: 401,
  code: "invalid_api_key",
});

/** The refusal of a body beyond the bytes that a request may have. */
export function tooManyBytes(maxBytes: number): Refusal {
  return invalidRequest(`The request has more than ${maxBytes} bytes.`, { reason: "too-large", status: 413 });
}
