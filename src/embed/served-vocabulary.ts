import type { Encoding } from "../core/provider.ts";
import type { TokenizedTexts } from "../core/served-model.ts";
import { readDecoder } from "./decode-tokens.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { createTokenBuffer } from "./token-buffer.ts";

/** How a served model's tokens are counted, and its token ids read. */
export interface ServedVocabulary {
  tokenize(texts: readonly string[]): TokenizedTexts;
  /** Null where an id is unknown, or the vocabulary has no way back. */
  decode(ids: readonly number[]): string | null;
}

/** Room for many texts of one request. Unit: tokens; it grows. */
const firstTokens = 65_536;

/** The vocabulary of a model package: what its own vectors are made from. */
export async function openOwnVocabulary(folder: string): Promise<ServedVocabulary> {
  const [tokenizer, decode] = await Promise.all([readTokenizer(folder), readDecoder(folder)]);
  const buffer = createTokenBuffer(firstTokens);
  return {
    tokenize(texts) {
      buffer.length = 0;
      const ends = Int32Array.from(texts, (text) => {
        tokenizer.append(text, buffer, Infinity, false);
        return buffer.length;
      });
      return { ids: buffer.ids.slice(0, buffer.length), ends };
    },
    decode: (ids) => decode?.(ids) ?? null,
  };
}

/** A vocabulary of OpenAI's, by which its models count and bill. */
export async function openEncoding(encoding: Encoding): Promise<ServedVocabulary> {
  // Each table of ranks is some megabytes: only the one that is needed is loaded.
  const loaders = {
    cl100k_base: () => import("gpt-tokenizer/encoding/cl100k_base"),
    o200k_base: () => import("gpt-tokenizer/encoding/o200k_base"),
  };
  const { encode, decode } = await loaders[encoding]();
  // Marks such as <|endoftext|> in a text are text.
  const asText = { disallowedSpecial: new Set<string>() };
  return {
    tokenize(texts) {
      const ids: number[] = [];
      const ends = Int32Array.from(texts, (text) => {
        for (const id of encode(text, asText)) ids.push(id);
        return ids.length;
      });
      return { ids: Int32Array.from(ids), ends };
    },
    decode(ids) {
      try {
        return decode(ids);
      } catch {
        return null;
      }
    },
  };
}
