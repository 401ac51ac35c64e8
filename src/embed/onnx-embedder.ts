import { join } from "node:path";
import { ReembedError } from "../core/errors.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import { planCalls, type Call } from "./call-plan.ts";
import type { Embedder } from "./embedder.ts";
import { finishVector } from "./finish-vector.ts";
import type { InferenceRuntime, LoadedModel, OutputDescription } from "./inference-runtime.ts";
import { pools } from "./pooling.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { tokenizeTexts, type TokenizedTexts } from "./tokenize-texts.ts";

/**
 * CPUs that add pairs of int8 products in 16 bits, where they saturate. Without a wider sum, vectors
 * there are further from the float model's (cosine 0.9928 instead of 0.9951), at the same speed.
 * CPUs with VNNI add in 32 bits; there, widening would only cost time.
 */
export const saturatingClasses: ReadonlySet<string> = new Set(["x64-avx2", "x64-avx512"]);

/** Opens a transformer: tokenise, call the model in texts of equal length, pool, scale. */
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
  let batchIds = new Int32Array(1024);

  async function run(call: Call, texts: TokenizedTexts, vectors: Float32Array): Promise<void> {
    const { length } = call;
    const rows = call.texts.length;
    if (rows * length > batchIds.length) batchIds = new Int32Array(rows * length);
    call.texts.forEach((text, row) => {
      const start = texts.starts[text]!;
      batchIds.set(texts.buffer.ids.subarray(start, start + length), row * length);
    });
    const { data, shape } = await model.run({ rows, length, ids: batchIds }, output.name);
    const width = shape.at(-1) ?? 0;
    const perText = output.pooled ? width : length * width;
    if (width < space.dimensions || data.length !== rows * perText) {
      throw new ReembedError(
        "REEMBED_EMBED_FAILED",
        `${weightsFile}: output "${output.name}" has shape [${shape.join(", ")}] for ${rows} x ${length} tokens; the space needs ${space.dimensions} dimensions`,
        { details: { file: weightsFile, output: output.name, shape } },
      );
    }
    call.texts.forEach((text, row) => {
      const into = vectors.subarray(text * space.dimensions, (text + 1) * space.dimensions);
      pool({ data, start: row * perText, tokens: length, width }, into);
      texts.outcomes[text] = finishVector(into, space.normalize);
    });
  }

  return {
    async embed({ texts, purpose }) {
      const started = performance.now();
      const prompt = purpose === "query" ? space.queryPrompt : space.documentPrompt;
      const tokenized = tokenizeTexts(texts, prompt, tokenizer, space);
      const calls = planCalls(tokenized.lengths, purpose === "query" ? "alone" : space.grouping);
      const vectors = new Float32Array(texts.length * space.dimensions);
      const inferring = performance.now();
      for (const call of calls) await run(call, tokenized, vectors);
      return {
        ok: true,
        vectors,
        outcomes: tokenized.outcomes,
        tokens: tokenized.tokens,
        slots: tokenized.tokens,
        truncated: tokenized.truncated,
        tokenizeSeconds: (inferring - started) / 1000,
        inferSeconds: (performance.now() - inferring) / 1000,
      };
    },
    close: () => model.close(),
  };
}

interface ChosenOutput {
  readonly name: string;
  /** One vector a text, rather than one a token. */
  readonly pooled: boolean;
}

/** Names by which exporters call the two kinds of output, best first. */
const pooledNames = ["sentence_embedding", "sentence_embeddings", "embeddings", "text_embeds"];
const tokenNames = ["last_hidden_state", "token_embeddings", "hidden_states"];

function chooseOutput({ outputs }: LoadedModel, { space, weightsFile }: EmbedderPlan): ChosenOutput {
  const pooled = space.pooling === "none";
  const rank = pooled ? 2 : 3;
  const fits = (output: OutputDescription): boolean => output.rank === null || output.rank === rank;
  const named = (pooled ? pooledNames : tokenNames)
    .map((name) => outputs.find((output) => output.name === name && fits(output)))
    .find((output) => output !== undefined);
  const chosen = named ?? outputs.find((output) => output.rank === rank);
  if (chosen !== undefined) return { name: chosen.name, pooled };
  const found = outputs.map((output) => `${output.name} (rank ${output.rank ?? "unknown"})`).join(", ");
  throw new ReembedError(
    "REEMBED_MODEL_UNSUPPORTED",
    `${weightsFile}: no output of rank ${rank} for pooling "${space.pooling}"; it has ${found}`,
    { details: { file: weightsFile, outputs: found, pooling: space.pooling } },
  );
}
