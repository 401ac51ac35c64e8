import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { ModelReference, ReferenceOptions } from "../../src/core/model-reference.ts";
import { openModel, type OpenedModel } from "../../src/space/open-model.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The packages that ship. */
export const bundledFolder = join(root, "datasets", "models");

/** Writes files into a folder, by relative path; objects as JSON. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Uint8Array | object>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const bytes = content instanceof Uint8Array ? content : JSON.stringify(content);
    await writeFile(join(folder, path), bytes);
  }
}

/** A copy of a bundled package, to be damaged. */
export async function copyBundled(test: TestContext, name: string): Promise<string> {
  const folder = join(await temporaryFolder(test), name);
  await cp(join(bundledFolder, name), folder, { recursive: true });
  return folder;
}

export const bundled = (name: string, options: ReferenceOptions = {}): ModelReference => ({
  kind: "bundled",
  name,
  written: `bundled:${name}`,
  options,
});

export const local = (path: string, options: ReferenceOptions = {}): ModelReference => ({
  kind: "local",
  path,
  written: `local:${path}`,
  options,
});

/** Opens a package, pinned by a lock of its own. */
export async function openPinned(test: TestContext, reference: ModelReference): Promise<OpenedModel> {
  const lockFile = join(await temporaryFolder(test), "reembed.lock.json");
  return openModel(reference, { bundledFolder, lockFile, pin: true });
}

/** A WordPiece tokenizer of a few words: ids are their places in the list. */
export function smallTokenizer(words: readonly string[]): object {
  return {
    added_tokens: [],
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}
