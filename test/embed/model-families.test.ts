/** Hand-made packages of each family, run by ONNX Runtime: row `r` of their table holds `r + column / 10`. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { packTexts } from "../../src/core/utf8-texts.ts";
import type { ReferenceOptions } from "../../src/core/model-reference.ts";
import { openEmbedder } from "../../src/embed/open-embedder.ts";
import { local, openPinned, smallTokenizer, writeFiles } from "../space/model-package.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { buildOnnx, type OnnxSpec } from "../space/onnx-file.ts";

const words = ["[UNK]", "a", "b", "c"];
const table = { rows: 4, width: 4 };
const int64 = (name: string) => ({ name, type: "int64" }) as const;
const past = (name: string, type: "float" | "float16" = "float") =>
  ({ name: `past_key_values.${name}`, type, axes: ["batch", 2, "past", 8] }) as const;

/** A tokenizer that ends each text with a token, as decoders' do. */
const ending = {
  ...smallTokenizer(words),
  post_processor: {
    type: "TemplateProcessing",
    single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "c", type_id: 0 } }],
    special_tokens: { c: { id: "c", ids: [3], tokens: ["c"] } },
  },
};

interface Family {
  readonly spec: OnnxSpec;
  readonly options?: ReferenceOptions;
  readonly files?: Readonly<Record<string, object>>;
}

async function vectorOf(t: TestContext, { spec, options, files }: Family, text: string): Promise<number[]> {
  const folder = await temporaryFolder(t);
  const tokenizer = { "tokenizer.json": smallTokenizer(words), "model.onnx": buildOnnx(spec) };
  await writeFiles(folder, { ...tokenizer, ...files });
  const { plan } = await openPinned(t, local(folder, { normalize: false, ...options }));
  const embedder = await openEmbedder({ ...plan, threads: 1, device: "cpu" });
  t.after(() => embedder.close());
  const { vectors } = await embedder.embed({ step: "embed", texts: packTexts([text]), purpose: "document" });
  return [...vectors].map((value) => Number(value.toFixed(4)));
}

const cases: readonly (readonly [name: string, family: Family, expected: readonly number[]])[] = [
  ["input_ids alone, mean", { spec: table }, [2, 2.1, 2.2, 2.3]],
  ["the first token", { spec: table, options: { pooling: "cls" } }, [1, 1.1, 1.2, 1.3]],
  ["the largest of each dimension", { spec: table, options: { pooling: "max" } }, [3, 3.1, 3.2, 3.3]],
  [
    "mask and token types, 32 bits wide",
    {
      spec: {
        ...table,
        inputs: ["input_ids", "attention_mask", "token_type_ids"].map(
          (name) => ({ name, type: "int32" }) as const,
        ),
      },
    },
    [2, 2.1, 2.2, 2.3],
  ],
  [
    "positions 0, 1, 2 as an input",
    { spec: { ...table, inputs: ["input_ids", "position_ids"].map(int64), addPositions: true } },
    [3, 3.1, 3.2, 3.3],
  ],
  [
    "pooled by the model",
    { spec: { ...table, pooled: true, output: "sentence_embedding" } },
    [2, 2.1, 2.2, 2.3],
  ],
  [
    "a decoder: the last token, which its tokenizer adds, and empty memories of earlier ones",
    {
      spec: {
        ...table,
        inputs: [
          int64("input_ids"),
          int64("attention_mask"),
          int64("position_ids"),
          past("0.key"),
          past("0.value"),
          past("1.key", "float16"),
        ],
      },
      files: { "tokenizer.json": ending, "config.json": { model_type: "qwen3" } },
    },
    [3, 3.1, 3.2, 3.3],
  ],
  [
    "fewer dimensions, scaled anew",
    { spec: table, options: { dimensions: 2, normalize: true, pooling: "cls" } },
    [0.6727, 0.7399],
  ],
];

for (const [name, family, expected] of cases) {
  const text = family.files === undefined ? "a b c" : "a b";
  test(name, async (t) => assert.deepEqual(await vectorOf(t, family, text), expected));
}

test("an input that nothing is known about is refused with the file, before anything is loaded", async (t) => {
  const spec = { ...table, inputs: [int64("input_ids"), past("0.keys")] };
  await assert.rejects(vectorOf(t, { spec }, "a"), {
    code: "REEMBED_MODEL_UNSUPPORTED",
    message: /model\.onnx: its inputs are input_ids, past_key_values\.0\.keys/,
    exitCode: 4,
  });
});
