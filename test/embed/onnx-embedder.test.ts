import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { packTexts } from "../../src/core/utf8-texts.ts";
import type { InferRequest } from "../../src/core/messages.ts";
import type { InferenceRuntime, LoadOptions, TokenBatch } from "../../src/embed/inference-runtime.ts";
import { openOnnxEmbedder } from "../../src/embed/onnx-embedder.ts";
import { onnxRuntime } from "../../src/embed/onnx-runtime.ts";
import { miniLmFloat, miniLmInt8, planOf, rowOf, shared } from "../lanes/open-lane.ts";

const width = 384;

/**
 * A second runtime, in a few lines: each token's vector is its id, whatever stands beside it. Padding
 * gives a number that would show in a mean.
 */
function lookupRuntime(): { runtime: InferenceRuntime; batches: TokenBatch[]; loads: LoadOptions[] } {
  const batches: TokenBatch[] = [];
  const loads: LoadOptions[] = [];
  const runtime: InferenceRuntime = {
    async load(_, options) {
      loads.push(options);
      return {
        inputs: ["input_ids", "attention_mask"],
        outputs: [{ name: "last_hidden_state", rank: 3 }],
        async run({ rows, length, ids, lengths }) {
          batches.push({ rows, length, ids: ids.slice(0, rows * length), lengths: lengths?.slice() ?? null });
          const data = new Float32Array(rows * length * width);
          for (let row = 0; row < rows; row++) {
            for (let slot = 0; slot < length; slot++) {
              const at = row * length + slot;
              const isToken = slot < (lengths?.[row] ?? length);
              data.fill(isToken ? ids[at]! : 1e9, at * width, (at + 1) * width);
            }
          }
          return { data, shape: [rows, length, width] };
        },
        close: async () => {},
      };
    },
  };
  return { runtime, batches, loads };
}

async function openSteps(t: TestContext, runtime: InferenceRuntime, plan = planOf(miniLmInt8)) {
  const embedder = await openOnnxEmbedder(plan, runtime);
  t.after(() => embedder.close());
  assert.ok(embedder.steps !== null);
  return { embedder, steps: embedder.steps };
}

const unscaled = { ...planOf(miniLmInt8), space: { ...miniLmInt8, normalize: false } };

test("another runtime takes the place of ONNX Runtime behind load and run", async (t) => {
  const { runtime, batches, loads } = lookupRuntime();
  const { embedder, steps } = await openSteps(t, runtime, { ...unscaled, threads: 3 });
  assert.equal(loads[0]?.threads, 3);
  const { ids, lengths } = steps.tokenize({
    step: "tokenize",
    texts: packTexts(["one two", "three four", "five"]),
  });
  assert.deepEqual([...lengths], [4, 4, 3]);
  const answer = await steps.infer({ step: "infer", ids, lengths, calls: Int32Array.of(2, 4, 1, 3) });
  assert.deepEqual(
    batches.map(({ rows, length, lengths: padded }) => [rows, length, padded]),
    [
      [2, 4, null],
      [1, 3, null],
    ],
  );
  const mean = (from: number, to: number): number =>
    Math.fround(ids.subarray(from, to).reduce((sum, id) => sum + id, 0) / (to - from));
  assert.deepEqual(
    [0, 1, 2].map((row) => answer.vectors[row * width]),
    [mean(0, 4), mean(4, 8), mean(8, 11)],
  );
  assert.deepEqual([answer.tokens, answer.slots], [11, 11]);

  const alone = await embedder.embed({
    step: "embed",
    texts: packTexts(["three four", "", "five"]),
    purpose: "query",
  });
  assert.deepEqual([...alone.outcomes], [0, 1, 0]);
  assert.deepEqual(rowOf(alone.vectors, 0, width), rowOf(answer.vectors, 1, width));
  assert.deepEqual(rowOf(alone.vectors, 2, width), rowOf(answer.vectors, 2, width));
});

test("padding is told to the runtime, and left out of the pooled vector", async (t) => {
  const { runtime, batches } = lookupRuntime();
  const { steps } = await openSteps(t, runtime, unscaled);
  const ids = Int32Array.of(11, 12, 13, 21, 22, 31);
  const request: InferRequest = {
    step: "infer",
    ids,
    lengths: Int32Array.of(3, 2, 1),
    calls: Int32Array.of(3, 3),
  };
  const { vectors, tokens, slots } = await steps.infer(request);
  assert.deepEqual([...batches[0]!.ids], [11, 12, 13, 21, 22, 0, 31, 0, 0]);
  assert.deepEqual([...batches[0]!.lengths!], [3, 2, 1]);
  assert.deepEqual([vectors[0], vectors[width], vectors[width * 2]], [12, 21.5, 31]);
  assert.deepEqual([tokens, slots], [6, 9]);
});

test("an output of another shape than the space's is refused", async (t) => {
  const { runtime } = lookupRuntime();
  const { steps } = await openSteps(t, runtime, { ...unscaled, space: { ...miniLmInt8, dimensions: 768 } });
  const request = { step: "infer", ids: Int32Array.of(1, 2), lengths: Int32Array.of(2) } as const;
  await assert.rejects(steps.infer({ ...request, calls: Int32Array.of(1, 2) }), {
    code: "REEMBED_EMBED_FAILED",
    message: /shape \[1, 2, 384\] for 1 x 2 tokens; the space needs 768 dimensions/,
  });
});

const float = { skip: !existsSync(join(shared, "models", "all-MiniLM-L6-v2")) && "needs ../shared/models" };

test("float32: padded calls, as on a GPU, give the vectors of unpadded ones", float, async (t) => {
  const { steps } = await openSteps(t, onnxRuntime, planOf(miniLmFloat));
  const texts = ["a large telescope on a hill above the town", "bread and salt", "snow"];
  const { ids, lengths } = steps.tokenize({ step: "tokenize", texts: packTexts(texts) });
  const [longest = 0] = lengths;
  const plain = {
    step: "infer",
    ids,
    lengths,
    calls: Int32Array.from([...lengths].flatMap((n) => [1, n])),
  } as const;
  const before = await steps.infer(plain);
  const padded = await steps.infer({ ...plain, calls: Int32Array.of(3, longest) });
  const after = await steps.infer(plain);
  assert.deepEqual(after.vectors, before.vectors);
  assert.equal(padded.slots, longest * 3);
  for (let i = 0; i < before.vectors.length; i++) {
    assert.ok(Math.abs(before.vectors[i]! - padded.vectors[i]!) < 1e-6);
  }
});
