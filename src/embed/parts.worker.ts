/** Times single parts of an embedder, and counts tokens, in a thread of its own as the lane does. */
import { parentPort, workerData } from "node:worker_threads";
import type { EmbedderPart, PartsReply, PartsRequest, PartsStart } from "../core/bench-parts.ts";
import { finishVector } from "./finish-vector.ts";
import { pools } from "./pooling.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { createTokenBuffer } from "./token-buffer.ts";

/** A gloss of WordNet has 14 tokens in the median, and MiniLM 384 dimensions. */
const pooledTokens = 14;
const pooledWidth = 384;

const { folder, texts, maxTokens } = workerData as PartsStart;
const tokenizer = await readTokenizer(folder);
const special = tokenizer.special.before.length + tokenizer.special.after.length;
const tokens = createTokenBuffer(1 << 16);
const output = Float32Array.from({ length: pooledTokens * pooledWidth }, (_, index) => Math.sin(index));
const vector = new Float32Array(pooledWidth);

const turnOf: Readonly<Record<EmbedderPart, () => void>> = {
  tokenizer() {
    tokens.length = 0;
    for (const text of texts) tokenizer.append(text, tokens, Infinity, true);
  },
  pooling() {
    pools.mean({ data: output, start: 0, tokens: pooledTokens, width: pooledWidth }, vector);
    finishVector(vector, true);
  },
};

function time(part: EmbedderPart, turns: number): number {
  const started = performance.now();
  for (let turn = 0; turn < turns; turn += 1) turnOf[part]();
  return (performance.now() - started) / 1000;
}

function countTokens(): Int32Array {
  return Int32Array.from(texts, (text) => {
    tokens.length = 0;
    tokenizer.append(text, tokens, maxTokens, true);
    return Math.min(maxTokens, tokens.length + special);
  });
}

parentPort?.on("message", (request: PartsRequest) => {
  const reply: PartsReply =
    request.kind === "count-tokens"
      ? { kind: "counted", lengths: countTokens() }
      : { kind: "timed", seconds: time(request.part, request.turns) };
  parentPort?.postMessage(reply);
});
