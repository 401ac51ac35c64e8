import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { readSpecialTokens } from "./special-tokens.ts";
import { reserveTokens } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

/** A tokenizer of any family that the library knows (BPE, Unigram, WordPiece with other stages). */
export function createLibraryTokenizer(
  file: TokenizerFile,
  config: Readonly<Record<string, unknown>>,
): Tokenizer {
  const library = new LibraryTokenizer(file, config);
  const unknownId = readUnknownId(file);
  return {
    special: readSpecialTokens(file),
    unknownId,
    implementation: "library",
    append(text, buffer, limit, skipUnknown) {
      const ids: readonly number[] = library.encode(text, { add_special_tokens: false }).ids;
      const kept = skipUnknown && unknownId !== null ? ids.filter((id) => id !== unknownId) : ids;
      const count = Math.min(kept.length, limit + 1);
      reserveTokens(buffer, count);
      for (let i = 0; i < count; i++) buffer.ids[buffer.length + i] = kept[i] ?? 0;
      buffer.length += count;
      return count;
    },
  };
}

function readUnknownId({ model, added_tokens: added }: TokenizerFile): number | null {
  if (typeof model.unk_id === "number") return model.unk_id;
  const token = model.unk_token;
  if (typeof token !== "string") return null;
  const addedId = added?.find(({ content }) => content === token)?.id;
  if (addedId !== undefined) return addedId;
  return isRecord(model.vocab) ? (model.vocab[token] ?? null) : null;
}

function isRecord(vocab: TokenizerFile["model"]["vocab"]): vocab is Readonly<Record<string, number>> {
  return !Array.isArray(vocab);
}
