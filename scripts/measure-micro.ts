/**
 * Times the small parts of the data's way on real texts: source hash, tokenizer, row sums of a static
 * model, pooling, ordering and deduplication of a window.
 *
 *     node scripts/measure-micro.ts
 */
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { textBatch } from "../src/core/text-batch.ts";
import { sourceHash } from "../src/core/source-hash.ts";
import { requireWordnet, wordnetGlosses } from "../src/datasets/wordnet.ts";
import { finishVector } from "../src/embed/finish-vector.ts";
import { pools } from "../src/embed/pooling.ts";
import { readTokenizer } from "../src/embed/read-tokenizer.ts";
import { createTokenBuffer } from "../src/embed/token-buffer.ts";
import { uniqueTexts } from "../src/lanes/unique-texts.ts";

const windowTexts = 8192;
const tokens = 14;
const width = 384;

const model = fileURLToPath(new URL("../datasets/models/all-MiniLM-L6-v2", import.meta.url));
const glosses = await Array.fromAsync(wordnetGlosses(await requireWordnet()), ({ gloss }) => gloss);
const step = Math.floor(glosses.length / windowTexts);
const texts = glosses.filter((_, index) => index % step === 0).slice(0, windowTexts);
const tokenizer = await readTokenizer(model);
const buffer = createTokenBuffer(1 << 20);
const output = Float32Array.from({ length: tokens * width }, (_, index) => Math.sin(index));
const vector = new Float32Array(width);

const batch = textBatch(texts);
const bench = new Bench({ name: `one call on ${windowTexts} glosses, or on one vector of ${width}` });
bench.add("source hashes of a window", () => {
  for (const text of texts) sourceHash(text);
});
bench.add("tokens of a window", () => {
  buffer.length = 0;
  for (const text of texts) tokenizer.append(text, buffer, Infinity, true);
});
bench.add("different texts of a window", () => {
  uniqueTexts(batch);
});
bench.add(`mean pooling of ${tokens} tokens, scaled`, () => {
  pools.mean({ data: output, start: 0, tokens, width }, vector);
  finishVector(vector, true);
});
await bench.run();
console.log(bench.name);
console.table(bench.table());
