/**
 * The ceiling of a static model's lane: the tokenizer library alone, on one thread.
 *
 *     echo run | node native-bench/bare-tokenizer.ts PACKAGE TEXTS.jsonl
 */
import { readBareTokenizer, readTexts } from "./read-texts.ts";
import { serveRounds } from "./serve-rounds.ts";

const [folder, textsFile] = process.argv.slice(2);
if (folder === undefined || textsFile === undefined) {
  throw new Error("usage: node native-bench/bare-tokenizer.ts PACKAGE TEXTS.jsonl");
}
const tokenizer = await readBareTokenizer(folder);
const texts = await readTexts(textsFile);

await serveRounds({
  run() {
    const started = performance.now();
    let tokens = 0;
    for (const text of texts) tokens += tokenizer.encode(text).ids.length;
    if (tokens === 0) throw new Error("the texts have no tokens");
    return Promise.resolve(texts.length / ((performance.now() - started) / 1000));
  },
  close: () => Promise.resolve(),
});
