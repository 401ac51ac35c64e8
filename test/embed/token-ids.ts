import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { createTokenBuffer } from "../../src/embed/token-buffer.ts";
import type { Tokenizer } from "../../src/embed/tokenizer.ts";
import type { TokenizerFile } from "../../src/embed/tokenizer-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the shipped transformer, whose tokenizer is bert-base-uncased's. */
export const miniLmFolder = join(root, "datasets", "models", "all-MiniLM-L6-v2");
export const potionFolder = join(root, "datasets", "models", "potion-base-4m-int8");
export const shared = join(root, "..", "shared");

/** The ids of one text. */
export function idsOf(
  tokenizer: Tokenizer,
  text: string,
  { limit = Infinity, skipUnknown = false }: { limit?: number; skipUnknown?: boolean } = {},
): number[] {
  const buffer = createTokenBuffer(1);
  tokenizer.append(text, buffer, limit, skipUnknown);
  return [...buffer.ids.subarray(0, buffer.length)];
}

export async function readTokenizerFile(folder: string): Promise<TokenizerFile> {
  return JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as TokenizerFile;
}
