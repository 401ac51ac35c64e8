import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenizerFile } from "./tokenizer-file.ts";

/** Token ids back to a text that has these ids; null where an id is unknown. */
export type DecodeTokens = (ids: readonly number[]) => string | null;

/**
 * The way back of a package's WordPiece vocabulary: pieces joined, words with a space between. Null
 * for vocabularies of other kinds, whose texts cannot be rebuilt this simply.
 */
export async function readDecoder(folder: string): Promise<DecodeTokens | null> {
  const { model } = JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as TokenizerFile;
  const prefix = model.continuing_subword_prefix;
  if (prefix === undefined || prefix === "" || Array.isArray(model.vocab)) return null;
  const pieces: string[] = [];
  for (const [piece, id] of Object.entries(model.vocab as Record<string, number>)) pieces[id] = piece;
  return (ids) => {
    let text = "";
    for (const id of ids) {
      const piece = pieces[id];
      if (piece === undefined) return null;
      text += piece.startsWith(prefix) ? piece.slice(prefix.length) : text === "" ? piece : ` ${piece}`;
    }
    return text;
  };
}
