import type { VectorEncoding } from "../core/served-model.ts";
import type { Refusal } from "./refusal.ts";

/** One text, or the ids of one. */
export type MockInput = string | readonly number[];

/** What a client asks for, whatever the format it asks in. */
export interface EmbeddingQuestion {
  readonly model: string;
  readonly inputs: readonly MockInput[];
  /** Null: all that the model has. */
  readonly dimensions: number | null;
  readonly encoding: VectorEncoding;
  readonly purpose: "document" | "query";
  /** Cut inputs that are too long instead of refusing them. */
  readonly truncate: boolean;
}

/** One vector of an answer, as it is written: a JSON array, or base64 without quotes. */
export interface AnswerItem {
  readonly index: number;
  readonly vector: string;
}

export interface EmbeddingAnswer {
  /** The model that answered. */
  readonly model: string;
  readonly items: readonly AnswerItem[];
  readonly tokens: number;
  /** Unit: milliseconds since the request arrived. */
  readonly elapsedMs: number;
  /** A number of the request, for answers that carry an id. */
  readonly requestNumber: number;
}

/** Models as the lists of each format show them. */
export interface ListedModel {
  readonly name: string;
  readonly dimensions: number;
  readonly digest: string;
}

/** How one provider's clients ask for vectors and read the answers. */
export interface WireFormat {
  readonly name: string;
  /** Matches the path of a request for vectors; its named groups reach `read`. */
  readonly path: RegExp;
  /** Items of one request where the format's provider takes fewer than OpenAI; null: as the settings say. */
  readonly maxItems: number | null;
  /** Reads a body. */
  read(
    body: unknown,
    path: Readonly<Record<string, string>>,
    models: readonly ListedModel[],
  ): EmbeddingQuestion | Refusal;
  /** Writes the body of an answer: JSON. */
  write(answer: EmbeddingAnswer, question: EmbeddingQuestion): string;
  /** Says a refusal in the format's own words and status. */
  refuse(refusal: Refusal): { readonly status: number; readonly body: string };
}

/** Whether what was read is a refusal. */
export function isRefusal(read: EmbeddingQuestion | Refusal): read is Refusal {
  return "status" in read;
}
