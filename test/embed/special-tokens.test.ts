import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpecialTokens } from "../../src/embed/special-tokens.ts";
import type { Stage, TokenizerFile } from "../../src/embed/tokenizer-file.ts";

const file = (postProcessor: Stage | null): TokenizerFile => ({
  normalizer: null,
  pre_tokenizer: null,
  post_processor: postProcessor,
  model: { vocab: {} },
});

const template: Stage = {
  type: "TemplateProcessing",
  single: [{ Sequence: { id: "A" } }, { SpecialToken: { id: "<end>" } }],
  special_tokens: { "<end>": { ids: [7, 8] } },
};

test("each post-processor tells what it puts around a text", () => {
  const cases: readonly (readonly [Stage | null, readonly number[], readonly number[]])[] = [
    [null, [], []],
    [{ type: "ByteLevel" }, [], []],
    [{ type: "BertProcessing", cls: ["[CLS]", 1], sep: ["[SEP]", 2] }, [1], [2]],
    [{ type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2] }, [0], [2]],
    [template, [], [7, 8]],
    [{ type: "Sequence", processors: [{ type: "ByteLevel" }, template] }, [], [7, 8]],
  ];
  for (const [stage, before, after] of cases)
    assert.deepEqual(readSpecialTokens(file(stage)), { before, after });
});

test("an unknown post-processor is refused by name", () => {
  assert.throws(() => readSpecialTokens(file({ type: "Surprise" })), {
    code: "REEMBED_MODEL_UNSUPPORTED",
    message: /"Surprise"/,
  });
});
