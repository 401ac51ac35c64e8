import { ProviderFailure } from "../core/provider.ts";
import { cutEmbeddings } from "./base64-answer.ts";

/** An answer's vectors and what it says of itself, without the headers. Crosses threads as it is. */
export interface ReadAnswer {
  readonly dimensions: number;
  /** Shape: `[texts, dimensions]`, row-major. */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** 0 where the answer has no vector for a text, or two. Shape: `[texts]`. */
  readonly present: Uint8Array<ArrayBuffer>;
  readonly model: string | null;
  readonly tokens: number | null;
}

/** Vectors of an answer in its own order: numbers, or little-endian float32 as base64. */
export interface AnswerParts {
  readonly embeddings: readonly unknown[];
  /** Position in the request that each belongs to; null where the answer numbers nothing. */
  readonly indices: readonly unknown[] | null;
  readonly model: unknown;
  readonly tokens: unknown;
}

/**
 * Reads the body of an answer in OpenAI's form (`data` of `index` and `embedding`) or in Ollama's
 * (`embeddings`). Numbers that JSON does not have (`NaN`, `Infinity`) are read as not a number.
 * @throws ProviderFailure `malformed`
 */
export function readAnswer(body: Buffer, texts: number): ReadAnswer {
  const cut = cutEmbeddings(body);
  if (cut !== null) {
    const parts = answerParts(parseJson(cut.json));
    const whole = parts.embeddings.length === cut.embeddings.length;
    // Anything else that looks like an embedding was not one of the answer's own.
    if (whole && parts.embeddings.every((value, index) => value === index)) {
      return layOut({ ...parts, embeddings: cut.embeddings }, texts);
    }
  }
  return layOut(answerParts(parseJson(body.toString())), texts);
}

/** Finds an answer's vectors in its JSON. @throws ProviderFailure `malformed` */
export function answerParts(json: unknown): AnswerParts {
  if (isRecord(json)) {
    const { data, embeddings, model, usage } = json;
    if (Array.isArray(data) && data.every(isRecord)) {
      const numbered = data.length > 0 && data.every((item) => item["index"] !== undefined);
      return {
        embeddings: data.map((item) => item["embedding"]),
        indices: numbered ? data.map((item) => item["index"]) : null,
        model,
        tokens: isRecord(usage) ? (usage["total_tokens"] ?? usage["prompt_tokens"]) : null,
      };
    }
    if (Array.isArray(embeddings)) {
      return { embeddings, indices: null, model, tokens: json["prompt_eval_count"] };
    }
  }
  throw malformed("has no list of embeddings");
}

/** Puts vectors into the order of the request's texts. @throws ProviderFailure `malformed` */
export function layOut({ embeddings, indices, model, tokens }: AnswerParts, texts: number): ReadAnswer {
  if (embeddings.length > texts || (indices === null && embeddings.length !== texts)) {
    throw malformed(`has ${embeddings.length} embeddings for ${texts} texts`);
  }
  const dimensions = embeddings.length === 0 ? 0 : dimensionsOf(embeddings[0]);
  const vectors = new Float32Array(texts * dimensions);
  const present = new Uint8Array(texts);
  const twice = new Set<number>();
  for (const [at, embedding] of embeddings.entries()) {
    const other = dimensionsOf(embedding);
    if (other !== dimensions) throw malformed(`has vectors of ${dimensions} and of ${other} dimensions`);
    const index = indices === null ? at : indices[at];
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= texts) {
      throw malformed(`numbers an embedding ${JSON.stringify(index)} of ${texts} texts`);
    }
    if (present[index] === 1) twice.add(index);
    present[index] = 1;
    write(embedding, vectors.subarray(index * dimensions, (index + 1) * dimensions));
  }
  // Which of two vectors is a text's own cannot be known.
  for (const index of twice) present[index] = 0;
  return {
    dimensions,
    vectors,
    present,
    model: typeof model === "string" && model !== "" ? model : null,
    tokens: typeof tokens === "number" && Number.isFinite(tokens) && tokens >= 0 ? tokens : null,
  };
}

/** JSON, of servers too that write `NaN` in it. @throws ProviderFailure `malformed` */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const repaired = body.replaceAll(/(?<=[[,:\s])-?(?:NaN|Infinity)(?=[\],}\s])/g, "null");
    if (repaired !== body) {
      try {
        return JSON.parse(repaired);
      } catch {
        // The first error tells of the body as it came.
      }
    }
    throw malformed(`is no JSON (${(error as Error).message.slice(0, 120)})`);
  }
}

function dimensionsOf(embedding: unknown): number {
  if (Array.isArray(embedding)) return embedding.length;
  if (typeof embedding !== "string") throw malformed("has an embedding that is neither a list nor base64");
  const bytes = Buffer.byteLength(embedding, "base64");
  if (bytes % Float32Array.BYTES_PER_ELEMENT === 0) return bytes / Float32Array.BYTES_PER_ELEMENT;
  throw malformed(`has an embedding of ${bytes} bytes, which are no float32 numbers`);
}

/** Writes an embedding where it belongs, without a copy between. */
function write(embedding: unknown, vector: Float32Array): void {
  if (typeof embedding === "string") {
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).write(embedding, "base64");
    return;
  }
  const numbers = embedding as readonly unknown[];
  for (let i = 0; i < vector.length; i++) {
    const value = numbers[i];
    vector[i] = typeof value === "number" ? value : Number.NaN;
  }
}

function malformed(what: string): ProviderFailure {
  return new ProviderFailure("malformed", `the answer ${what}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
