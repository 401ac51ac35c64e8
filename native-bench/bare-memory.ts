/**
 * The last ceiling of a static model: how fast one thread copies memory that no cache holds.
 * A static model must read the row of every token. The rate counts bytes read.
 *
 *     echo run | node native-bench/bare-memory.ts
 */
import { serveRounds } from "./serve-rounds.ts";

/** Larger than the last cache of any CPU that this is run on. */
const size = 256 * 2 ** 20;
const from = new Uint8Array(size).fill(7);
const to = new Uint8Array(size);

await serveRounds({
  run() {
    const started = performance.now();
    to.set(from);
    return Promise.resolve(size / ((performance.now() - started) / 1000));
  },
  close: () => Promise.resolve(),
});
