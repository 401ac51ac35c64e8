import { join } from "node:path";
import { ReembedError } from "../core/errors.ts";
import { saturatingClasses } from "../core/space.ts";
import type { EmbedderPlan, InferRequest, VectorAnswer } from "../core/messages.ts";
import { embedded } from "../core/outcome.ts";
import { unpackTexts } from "../core/utf8-texts.ts";
import { chooseOutput } from "./choose-output.ts";
import type { Embedder, TransformerSteps } from "./embedder.ts";
import { finishVector } from "./finish-vector.ts";
import type { InferenceRuntime, TokenBatch } from "./inference-runtime.ts";
import { pools } from "./pooling.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { tokenizeTexts } from "./tokenize-texts.ts";

/** Opens a transformer: tokenise, call the model, pool, scale. */
export async function openOnnxEmbedder(plan: EmbedderPlan, runtime: InferenceRuntime): Promise<Embedder> {
  const { space, folder, weightsFile, threads, device } = plan;
  const [tokenizer, model] = await Promise.all([
    readTokenizer(folder),
    runtime.load(join(folder, weightsFile), {
      threads,
      device,
      widenIntegers: saturatingClasses.has(space.instructionClass),
    }),
  ]);
  const output = chooseOutput(model, plan);
  const pool = pools[space.pooling];
  const { dimensions, normalize } = space;
  let paddedIds = new Int32Array(0);

  /** The ids of a call as the model wants them: as they lie, unless some texts are padded. */
  function batchOf(ids: Int32Array, lengths: Int32Array, slots: number): TokenBatch {
    const rows = lengths.length;
    if (ids.length === rows * slots) return { rows, length: slots, ids, lengths: null };
    if (paddedIds.length < rows * slots) paddedIds = new Int32Array(rows * slots);
    paddedIds.fill(0, 0, rows * slots);
    let from = 0;
    lengths.forEach((length, row) => {
      paddedIds.set(ids.subarray(from, from + length), row * slots);
      from += length;
    });
    return { rows, length: slots, ids: paddedIds, lengths };
  }

  async function infer({ ids, lengths, calls }: InferRequest): Promise<VectorAnswer> {
    const vectors = new Float32Array(lengths.length * dimensions);
    const outcomes = new Uint8Array(lengths.length);
    let [inferMs, poolMs, slots, text, at] = [0, 0, 0, 0, 0];
    for (let call = 0; call < calls.length; call += 2) {
      const callLengths = lengths.subarray(text, text + calls[call]!);
      const tokens = callLengths.reduce((sum, length) => sum + length, 0);
      const started = performance.now();
      const batch = batchOf(ids.subarray(at, at + tokens), callLengths, calls[call + 1]!);
      const { data, shape } = await model.run(batch, output.name);
      const pooling = performance.now();
      const width = shape.at(-1) ?? 0;
      const perText = output.pooled ? width : batch.length * width;
      if (width < dimensions || data.length !== batch.rows * perText) throw unexpectedShape(shape, batch);
      for (let row = 0; row < batch.rows; row++, text++) {
        const into = vectors.subarray(text * dimensions, (text + 1) * dimensions);
        pool({ data, start: row * perText, tokens: lengths[text]!, width }, into);
        outcomes[text] = finishVector(into, normalize);
      }
      at += tokens;
      slots += batch.rows * batch.length;
      inferMs += pooling - started;
      poolMs += performance.now() - pooling;
    }
    return {
      ok: true,
      step: "infer",
      vectors,
      outcomes,
      tokens: ids.length,
      slots,
      truncated: 0,
      tokenizeSeconds: 0,
      inferSeconds: inferMs / 1000,
      poolSeconds: poolMs / 1000,
    };
  }

  function unexpectedShape(shape: readonly number[], { rows, length }: TokenBatch): ReembedError {
    return new ReembedError(
      "REEMBED_EMBED_FAILED",
      `${weightsFile}: output "${output.name}" has shape [${shape.join(", ")}] for ${rows} x ${length} tokens; the space needs ${dimensions} dimensions`,
      { details: { file: weightsFile, output: output.name, shape } },
    );
  }

  const steps: TransformerSteps = {
    tokenize({ texts: packed }) {
      const started = performance.now();
      const texts = unpackTexts(packed);
      const tokenized = tokenizeTexts(texts, space.documentPrompt, tokenizer, space);
      const { lengths, outcomes, truncated } = tokenized;
      return {
        ok: true,
        step: "tokenize",
        ids: tokenized.ids,
        lengths,
        outcomes,
        truncated,
        tokenizeSeconds: (performance.now() - started) / 1000,
        inferSeconds: 0,
        poolSeconds: 0,
      };
    },
    infer,
  };

  return {
    steps,
    async embed({ texts: packed, purpose }) {
      const started = performance.now();
      const texts = unpackTexts(packed);
      const prompt = purpose === "query" ? space.queryPrompt : space.documentPrompt;
      const { ids, lengths, outcomes, truncated } = tokenizeTexts(texts, prompt, tokenizer, space);
      const withTokens = Int32Array.from(lengths.keys()).filter((text) => outcomes[text] === embedded);
      const callLengths = withTokens.map((text) => lengths[text]!);
      const tokenizeSeconds = (performance.now() - started) / 1000;
      const calls = Int32Array.from([...callLengths].flatMap((length) => [1, length]));
      const answer = await infer({ step: "infer", ids, lengths: callLengths, calls });
      const vectors = new Float32Array(texts.length * dimensions);
      withTokens.forEach((text, i) => {
        vectors.set(answer.vectors.subarray(i * dimensions, (i + 1) * dimensions), text * dimensions);
        outcomes[text] = answer.outcomes[i]!;
      });
      return { ...answer, step: "embed", vectors, outcomes, truncated, tokenizeSeconds };
    },
    close: () => model.close(),
  };
}
