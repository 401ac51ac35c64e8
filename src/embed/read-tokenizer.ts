import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ReembedError } from "../core/errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { createWordPiece } from "./wordpiece.ts";

/**
 * The tokenizer of a model package, chosen by what its `tokenizer.json` says: our own pass for BERT's
 * WordPiece, the library for every other family. Truncation and padding written there are not obeyed;
 * the space says how long a text may be.
 * @throws REEMBED_MODEL_FILE_DAMAGED, REEMBED_MODEL_UNSUPPORTED
 */
export async function readTokenizer(folder: string): Promise<Tokenizer> {
  const file = (await readJson(join(folder, "tokenizer.json"))) as unknown as TokenizerFile;
  const ours = createWordPiece(file);
  if (ours !== null) return ours;
  const config = await readJson(join(folder, "tokenizer_config.json")).catch((error: unknown) => {
    if (isMissing(error)) return {};
    throw error;
  });
  const { createLibraryTokenizer } = await import("./library-tokenizer.ts");
  try {
    return createLibraryTokenizer(file, config);
  } catch (error) {
    throw ReembedError.from(
      error,
      "REEMBED_MODEL_UNSUPPORTED",
      "tokenizer.json cannot be read by the tokenizer library",
    );
  }
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_MODEL_FILE_DAMAGED", `${path} is no JSON`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
