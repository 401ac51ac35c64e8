/**
 * The ceiling of hashing: the hash function alone, on texts that are bytes already.
 *
 *     echo run | node native-bench/bare-hash.ts TEXTS.jsonl
 */
import createXxhash from "xxhash-wasm";
import { readTexts } from "./read-texts.ts";
import { serveRounds } from "./serve-rounds.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: node native-bench/bare-hash.ts TEXTS.jsonl");
const { h64Raw } = await createXxhash();
const texts = (await readTexts(file)).map((text) => Buffer.from(text));

/** Turns of a round: one is below the clock's grain. */
const turns = 20;

await serveRounds({
  run() {
    const started = performance.now();
    let hash = 0n;
    for (let turn = 0; turn < turns; turn += 1) for (const text of texts) hash ^= h64Raw(text);
    const seconds = (performance.now() - started) / 1000;
    // The hash is used, so that the loop is not optimised away.
    return Promise.resolve((turns * texts.length) / (hash === -1n ? Number.NaN : seconds));
  },
  close: () => Promise.resolve(),
});
