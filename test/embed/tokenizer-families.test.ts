import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readTokenizer } from "../../src/embed/read-tokenizer.ts";
import { createTokenBuffer } from "../../src/embed/token-buffer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Golden {
  readonly texts: readonly string[];
  readonly families: Readonly<
    Record<string, { readonly tokenizer: object; readonly ids: readonly (readonly number[])[] }>
  >;
}

/** Tokenizers of each family, and what the Rust implementation makes of the texts; see its `source`. */
const golden = JSON.parse(
  await readFile(new URL("../golden/tokenizer-families.json", import.meta.url), "utf8"),
) as Golden;

for (const [family, { tokenizer, ids }] of Object.entries(golden.families)) {
  test(`${family}: the ids of the reference implementation, special tokens included`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
    const { append, special } = await readTokenizer(folder);
    golden.texts.forEach((text, index) => {
      const buffer = createTokenBuffer(16);
      append(text, buffer, Infinity, false);
      const found = [...special.before, ...buffer.ids.subarray(0, buffer.length), ...special.after];
      assert.deepEqual(found, ids[index], JSON.stringify(text));
    });
  });
}
