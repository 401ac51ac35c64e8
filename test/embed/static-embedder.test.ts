import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { packTexts } from "../../src/core/utf8-texts.ts";
import type { EmbedderPlan } from "../../src/core/messages.ts";
import { openStaticEmbedder } from "../../src/embed/static-embedder.ts";
import { potionFolder, shared } from "./token-ids.ts";

function plan(folder: string, space: Partial<EmbedderPlan["space"]> = {}): EmbedderPlan {
  return {
    kind: "static",
    folder,
    weightsFile: "model.safetensors",
    threads: 1,
    device: "cpu",
    canary: null,
    space: {
      format: 1,
      kind: "static",
      model: "test",
      packageDigest: null,
      dimensions: 2,
      pooling: "mean",
      normalize: true,
      documentPrompt: "",
      queryPrompt: "",
      maxTokens: 512,
      truncation: "right",
      quantisation: "float32",
      grouping: "any",
      runtime: "reembed-static",
      instructionClass: "any",
      ...space,
    },
  };
}

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: Uint8Array | Int8Array | Uint16Array | Float32Array | Float64Array | BigInt64Array;
}

/** A package of four words, whose table is `tensors`. */
async function writePackage(t: TestContext, tensors: Readonly<Record<string, Tensor>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "reembed-static-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const tokenizer = {
    added_tokens: [],
    normalizer: { type: "BertNormalizer", lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": 0, a: 1, b: 2, c: 3 } },
  };
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  const header: Record<string, object> = {};
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(folder, "model.safetensors"), Buffer.concat([length, json, ...parts]));
  return folder;
}

async function vectorsOf(embedderPlan: EmbedderPlan, texts: readonly string[]): Promise<number[][]> {
  const embedder = await openStaticEmbedder(embedderPlan);
  const { vectors } = await embedder.embed({ step: "embed", texts: packTexts(texts), purpose: "document" });
  const { dimensions } = embedderPlan.space;
  return texts.map((_, i) => [...vectors.subarray(i * dimensions, (i + 1) * dimensions)]);
}

const rows = [100, 100, 1, 0, 0, 2, -4, 0];
const tables: readonly (readonly [string, Tensor["values"]])[] = [
  ["F64", Float64Array.from(rows)],
  ["F32", Float32Array.from(rows)],
  ["F16", Uint16Array.from([0x5640, 0x5640, 0x3c00, 0, 0, 0x4000, 0xc400, 0])],
  ["BF16", Uint16Array.from([0x42c8, 0x42c8, 0x3f80, 0, 0, 0x4000, 0xc080, 0])],
  ["I8", Int8Array.from(rows)],
];

for (const [dtype, values] of tables) {
  test(`a table of ${dtype}: the mean of the known tokens' rows`, async (t) => {
    const folder = await writePackage(t, { embeddings: { dtype, shape: [4, 2], values } });
    const raw = plan(folder, { normalize: false });
    assert.deepEqual(await vectorsOf(raw, ["a", "A b", "a unheard b", "a a a a a b", "c"]), [
      [1, 0],
      [0.5, 1],
      [0.5, 1],
      [...Float32Array.of(5 / 6, 2 / 6)],
      [-4, 0],
    ]);
    assert.deepEqual(await vectorsOf(plan(folder), ["a b", "c c"]), [
      [...Float32Array.of(1 / Math.sqrt(5), 2 / Math.sqrt(5))],
      [-1, 0],
    ]);
  });
}

test("weights belong to tokens, the mapping leads tokens to rows", async (t) => {
  const folder = await writePackage(t, {
    embeddings: { dtype: "I8", shape: [2, 2], values: Int8Array.from([1, 0, 0, 1]) },
    weights: { dtype: "F32", shape: [4], values: Float32Array.of(1, 2, 1, 4) },
    mapping: { dtype: "I64", shape: [4], values: BigInt64Array.of(0n, 1n, 0n, 1n) },
  });
  const raw = plan(folder, { normalize: false });
  assert.deepEqual(await vectorsOf(raw, ["a", "b", "a c", "a b"]), [
    [0, 2],
    [1, 0],
    [0, 3],
    [0.5, 1],
  ]);
});

test("fewer dimensions, fewer tokens, a prompt", async (t) => {
  const values = Float32Array.from(rows);
  const folder = await writePackage(t, { embeddings: { dtype: "F32", shape: [4, 2], values } });
  assert.deepEqual(await vectorsOf(plan(folder, { dimensions: 1, normalize: false }), ["a c"]), [[-1.5]]);
  const short = { maxTokens: 2, normalize: false };
  assert.deepEqual(await vectorsOf(plan(folder, short), ["a ? a c"]), [[1, 0]]);
  assert.deepEqual(await vectorsOf(plan(folder, { ...short, truncation: "left" }), ["a a c"]), [[-1.5, 0]]);
  const prompted = plan(folder, { documentPrompt: "c ", normalize: false });
  assert.deepEqual(await vectorsOf(prompted, ["a"]), [[-1.5, 0]]);
});

test("texts without a vector have an outcome and zeros; counts add up", async (t) => {
  const values = Float32Array.from(rows);
  const folder = await writePackage(t, { embeddings: { dtype: "F32", shape: [4, 2], values } });
  const embedder = await openStaticEmbedder(plan(folder, { maxTokens: 2, documentPrompt: "a " }));
  const texts = ["b", "", "  ", "unheard", "a c a"];
  const answer = await embedder.embed({ step: "embed", texts: packTexts(texts), purpose: "document" });
  assert.deepEqual([...answer.outcomes], [0, 1, 1, 2, 0]);
  assert.deepEqual([...answer.vectors.subarray(2, 8)], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([answer.tokens, answer.slots, answer.truncated], [4, 4, 1]);
});

test("a table that is not what it says is refused with the file", async (t) => {
  const folder = await writePackage(t, {
    embeddings: { dtype: "F8", shape: [4, 2], values: new Uint8Array(8) },
  });
  const damaged = { code: "REEMBED_MODEL_FILE_DAMAGED", message: /model\.safetensors/ };
  await assert.rejects(openStaticEmbedder(plan(folder)), damaged);
  await writeFile(join(folder, "model.safetensors"), Buffer.alloc(20));
  await assert.rejects(openStaticEmbedder(plan(folder)), damaged);
  await writeFile(join(folder, "tokenizer.json"), "{");
  await assert.rejects(openStaticEmbedder(plan(folder)), { code: "REEMBED_MODEL_FILE_DAMAGED" });
});

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test(
  "real models in float32, float16 and int8 agree",
  { skip: !existsSync(join(shared, "models")) && "needs ../shared/models" },
  async () => {
    const texts = ["the cat sat on the mat", "re-embedding a corpus", "Führer und Straße", "42"];
    const [full = [], half = [], eighth = []] = await Promise.all(
      ["float32", "float16", "int8"].map((dtype) =>
        vectorsOf(plan(join(shared, "models", `model2vec-test-model-${dtype}`)), texts),
      ),
    );
    texts.forEach((text, i) => {
      assert.ok(cosine(full[i]!, half[i]!) > 0.999_99, text);
      assert.ok(cosine(full[i]!, eighth[i]!) > 0.99, text);
    });
  },
);

test("the shipped model: a paraphrase is nearer than another topic", async () => {
  const shipped = plan(potionFolder, { dimensions: 128 });
  const [a, b, c] = await vectorsOf(shipped, [
    "a big dog barks",
    "large dogs bark loudly",
    "quarterly tax report",
  ]);
  assert.ok(cosine(a!, b!) > cosine(a!, c!) + 0.3);
});
