import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";

/** The `text` of every line of a JSONL file. */
export async function readTexts(file: string): Promise<string[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { readonly text: string }).text);
}

/** The tokenizer of a model package, by the library alone. */
export async function readBareTokenizer(folder: string): Promise<Tokenizer> {
  const json = async (file: string): Promise<object> =>
    JSON.parse(await readFile(join(folder, file), "utf8")) as object;
  // Static packages have no configuration of their tokenizer; the library takes an empty one.
  const config = await json("tokenizer_config.json").catch(() => ({}));
  return new Tokenizer(await json("tokenizer.json"), config);
}
