import assert from "node:assert/strict";
import { cp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ModelReference } from "../../src/core/model-reference.ts";
import { readInstructionClass } from "../../src/space/instruction-class.ts";
import { openModel } from "../../src/space/open-model.ts";
import { makeSpace } from "../../src/space/space-id.ts";
import {
  bundled,
  bundledFolder,
  copyBundled,
  local,
  openPinned,
  smallTokenizer,
  writeFiles,
} from "./model-package.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { buildOnnx } from "./onnx-file.ts";

const miniLm = "all-MiniLM-L6-v2";
const potion = "potion-base-4m-int8";

test("the shipped transformer is described by its own files", async (t) => {
  const { space, plan, files, warnings } = await openPinned(t, bundled(miniLm));
  const { packageDigest, ...description } = space.description;
  assert.match(packageDigest ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual(description, {
    format: 1,
    kind: "onnx",
    model: miniLm,
    dimensions: 384,
    pooling: "mean",
    normalize: true,
    documentPrompt: "",
    queryPrompt: "",
    maxTokens: 256,
    truncation: "right",
    quantisation: "int8-dynamic",
    grouping: "alone",
    runtime: "onnxruntime",
    instructionClass: readInstructionClass(),
  });
  assert.equal(plan.weightsFile, "onnx/model_qint8.onnx");
  assert.equal(files.length, 9);
  assert.deepEqual(warnings, []);
  assert.equal(space.id, makeSpace(space.description).id);
});

test("the shipped static model is described by its own files", async (t) => {
  const { space } = await openPinned(t, bundled(potion));
  const { kind, dimensions, maxTokens, quantisation, grouping, instructionClass } = space.description;
  assert.deepEqual(
    { kind, dimensions, maxTokens, quantisation, grouping, instructionClass },
    {
      kind: "static",
      dimensions: 128,
      maxTokens: 512,
      quantisation: "int8",
      grouping: "any",
      instructionClass: "any",
    },
  );
});

test("the same files are the same space, wherever they lie", async (t) => {
  const [shipped, copied] = await Promise.all([
    openPinned(t, bundled(potion)),
    openPinned(t, local(await copyBundled(t, potion))),
  ]);
  assert.equal(copied.space.id, shipped.space.id);
});

test("each option moves the space", async (t) => {
  const plain = await openPinned(t, bundled(miniLm));
  const changes = [
    [{ dimensions: 128 }, { dimensions: 128, normalize: true }],
    [{ maxTokens: 64 }, { maxTokens: 64 }],
    [{ pooling: "cls" }, { pooling: "cls" }],
    [{ normalize: false }, { normalize: false }],
    [{ prompt: "passage: " }, { documentPrompt: "passage: " }],
    [{ queryPrompt: "query: " }, { queryPrompt: "query: " }],
    [{ truncation: "left" }, { truncation: "left" }],
    [{ grouping: "equal-length" }, { grouping: "equal-length" }],
  ] as const;
  for (const [options, expected] of changes) {
    const { space } = await openPinned(t, bundled(miniLm, options));
    assert.deepEqual(space.description, { ...plain.space.description, ...expected });
    assert.notEqual(space.id, plain.space.id);
  }
});

test("options that the package cannot follow are refused", async (t) => {
  const refused = [
    [bundled(miniLm, { dimensions: 385 }), /384 dimensions/],
    [bundled(miniLm, { maxTokens: 513 }), /positions for 512/],
    [bundled(potion, { pooling: "cls" }), /mean of its tokens/],
    [bundled(potion, { grouping: "alone" }), /dynamically quantised/],
    [bundled(potion, { onnxFile: "model.onnx" }), /no ONNX file/],
  ] as const;
  for (const [reference, message] of refused) {
    await assert.rejects(openPinned(t, reference), { code: "REEMBED_CONFIG_REFERENCE", message });
  }
});

test("a local package must be pinned, stays pinned, and may not change", async (t) => {
  const folder = await copyBundled(t, potion);
  const lockFile = join(await temporaryFolder(t), "reembed.lock.json");
  const context = { bundledFolder, lockFile, pin: false };
  await assert.rejects(openModel(local(folder), context), {
    code: "REEMBED_CONFIG_UNPINNED",
    message: /--pin/,
  });
  await openModel(local(folder), { ...context, pin: true });
  const lock = await readFile(lockFile, "utf8");
  await openModel(local(folder), context);
  // Options choose among what is pinned; they are no part of the key.
  await openModel(local(folder, { dimensions: 64 }), context);

  await writeFile(join(folder, "config.json"), `${await readFile(join(folder, "config.json"), "utf8")}\n`);
  for (const pin of [false, true]) {
    await assert.rejects(openModel(local(folder), { ...context, pin }), {
      code: "REEMBED_MODEL_LOCK_MISMATCH",
      message: /^config\.json: its sha256 is [0-9a-f]{64}, .* has [0-9a-f]{64} for local:/,
    });
  }
  assert.equal(await readFile(lockFile, "utf8"), lock);
});

test("a bundled package that differs from its manifest is damaged", async (t) => {
  const folder = await copyBundled(t, potion);
  const context = { bundledFolder: join(folder, ".."), lockFile: "unused", pin: true };
  await openModel(bundled(potion), context);
  await writeFile(join(folder, "tokenizer_config.json"), "{}");
  await assert.rejects(openModel(bundled(potion), context), {
    code: "REEMBED_MODEL_FILE_DAMAGED",
    message: /tokenizer_config\.json: the manifest does not know/,
  });
  await rm(join(folder, "tokenizer_config.json"));
  const weights = await readFile(join(folder, "model.safetensors"));
  weights[1_000_000] = (weights[1_000_000] ?? 0) ^ 1;
  await writeFile(join(folder, "model.safetensors"), weights);
  await assert.rejects(openModel(bundled(potion), context), {
    code: "REEMBED_MODEL_FILE_DAMAGED",
    message: /model\.safetensors: its sha256 is/,
  });
});

test("a package that lacks or has lost a part of a file is refused with the file", async (t) => {
  const cases = [
    [
      miniLm,
      (folder: string) => rm(join(folder, "tokenizer.json")),
      "REEMBED_MODEL_FILE_MISSING",
      /tokenizer\.json/,
    ],
    [
      miniLm,
      (folder: string) => rm(join(folder, "onnx"), { recursive: true }),
      "REEMBED_MODEL_FILE_MISSING",
      /no ONNX/,
    ],
    [
      miniLm,
      (folder: string) => rm(join(folder, "1_Pooling/config.json")),
      "REEMBED_MODEL_FILE_MISSING",
      /1_Pooling/,
    ],
    [
      miniLm,
      (folder: string) => truncate(join(folder, "onnx/model_qint8.onnx"), 9_000_000),
      "REEMBED_MODEL_FILE_DAMAGED",
      /model_qint8\.onnx: no ONNX model/,
    ],
    [
      miniLm,
      (folder: string) => writeFile(join(folder, "config.json"), "{"),
      "REEMBED_MODEL_FILE_DAMAGED",
      /config\.json/,
    ],
    [
      potion,
      (folder: string) => truncate(join(folder, "model.safetensors"), 100_000),
      "REEMBED_MODEL_FILE_DAMAGED",
      /ends at byte 3779672, the file at 100000/,
    ],
    [
      potion,
      (folder: string) => writeFile(join(folder, "model.safetensors"), "no tensors at all"),
      "REEMBED_MODEL_FILE_DAMAGED",
      /model\.safetensors/,
    ],
    [
      potion,
      (folder: string) => cp(join(bundledFolder, miniLm, "tokenizer.json"), join(folder, "tokenizer.json")),
      "REEMBED_MODEL_UNSUPPORTED",
      /30522 tokens, the model's table has 29528 rows/,
    ],
    [
      miniLm,
      (folder: string) => cp(join(bundledFolder, potion, "tokenizer.json"), join(folder, "tokenizer.json")),
      "REEMBED_MODEL_UNSUPPORTED",
      /29528 tokens, the model's table has 30522 rows/,
    ],
  ] as const;
  for (const [name, damage, code, message] of cases) {
    const folder = await copyBundled(t, name);
    await damage(folder);
    await assert.rejects(openPinned(t, local(folder)), { code, message });
  }
});

test("a package that is not there says where it was looked for", async (t) => {
  await assert.rejects(openPinned(t, local("/nowhere/at/all")), {
    code: "REEMBED_MODEL_MISSING",
    message: /\/nowhere/,
  });
  await assert.rejects(openPinned(t, bundled("no-such")), {
    code: "REEMBED_MODEL_MISSING",
    message: /no-such/,
  });
});

test("a revision is found in the Hugging Face cache, and pinned like any package", async (t) => {
  const hubCacheFolder = await temporaryFolder(t);
  const revision = "0123456789abcdef0123456789abcdef01234567";
  const reference: ModelReference = {
    kind: "hf",
    owner: "minishlab",
    name: potion,
    revision,
    written: `hf:minishlab/${potion}@${revision}`,
    options: {},
  };
  const lockFile = join(hubCacheFolder, "reembed.lock.json");
  const context = { bundledFolder, lockFile, hubCacheFolder, pin: true };
  await assert.rejects(openModel(reference, context), {
    code: "REEMBED_MODEL_MISSING",
    message: /HF_HUB_CACHE/,
  });
  const snapshot = join(hubCacheFolder, `models--minishlab--${potion}`, "snapshots", revision);
  await cp(join(bundledFolder, potion), snapshot, { recursive: true });
  const { space } = await openModel(reference, context);
  assert.equal(space.description.model, `minishlab/${potion}`);
  assert.ok((await readFile(lockFile, "utf8")).includes(`hf:minishlab/${potion}@${revision}`));
});

const words = ["[UNK]", "a", "b", "c"];
const encoder = { rows: 4, width: 4 };

test("families are told apart by their files", async (t) => {
  const folder = await temporaryFolder(t);
  const open = async (files: Parameters<typeof writeFiles>[1], options = {}) => {
    await rm(folder, { recursive: true, force: true });
    await writeFiles(folder, { "tokenizer.json": smallTokenizer(words), ...files });
    const { space, warnings } = await openPinned(t, local(folder, options));
    return { ...space.description, warnings };
  };
  const bare = await open({ "model.onnx": buildOnnx(encoder) });
  assert.deepEqual(
    [bare.pooling, bare.normalize, bare.maxTokens, bare.quantisation, bare.grouping],
    ["mean", true, 512, "float32", "any"],
  );
  assert.equal(bare.warnings.length, 2);

  const roberta = await open({
    "onnx/model.onnx": buildOnnx(encoder),
    "config.json": { model_type: "xlm-roberta", max_position_embeddings: 514, pad_token_id: 1 },
    "modules.json": [
      { type: "x.Transformer", path: "" },
      { type: "x.Pooling", path: "1_Pooling" },
    ],
    "1_Pooling/config.json": { pooling_mode_cls_token: true },
    "config_sentence_transformers.json": { prompts: { query: "query: ", passage: "passage: " } },
  });
  assert.deepEqual(
    [roberta.pooling, roberta.normalize, roberta.maxTokens, roberta.queryPrompt, roberta.documentPrompt],
    ["cls", false, 512, "query: ", "passage: "],
  );

  const decoder = await open({ "model.onnx": buildOnnx(encoder), "config.json": { model_type: "qwen3" } });
  assert.equal(decoder.pooling, "last-token");

  const pooled = await open({
    "model.onnx": buildOnnx({ ...encoder, pooled: true, output: "sentence_embedding" }),
  });
  assert.deepEqual([pooled.pooling, pooled.dimensions], ["none", 4]);

  const dynamic = await open({ "model.onnx": buildOnnx({ ...encoder, operator: "DynamicQuantizeLinear" }) });
  assert.deepEqual([dynamic.quantisation, dynamic.grouping], ["int8-dynamic", "alone"]);

  const chosen = await open(
    { "a.onnx": buildOnnx(encoder), "b.onnx": buildOnnx({ ...encoder, width: 8 }) },
    { onnxFile: "b.onnx" },
  );
  assert.equal(chosen.dimensions, 8);
});

test("what cannot be run is refused with the reason", async (t) => {
  const cases = [
    [
      {
        "model.onnx": buildOnnx({
          ...encoder,
          inputs: [
            { name: "input_ids", type: "int64" },
            { name: "pixel_values", type: "float" },
          ],
        }),
      },
      "REEMBED_MODEL_UNSUPPORTED",
      /pixel_values/,
    ],
    [
      { "a.onnx": buildOnnx(encoder), "b.onnx": buildOnnx(encoder) },
      "REEMBED_MODEL_FILE_MISSING",
      /several ONNX files: a\.onnx, b\.onnx/,
    ],
    [
      { "model.onnx": buildOnnx(encoder), "modules.json": [{ type: "x.Dense", path: "2_Dense" }] },
      "REEMBED_MODEL_UNSUPPORTED",
      /dense/,
    ],
    [
      {
        "model.onnx": buildOnnx(encoder),
        "1_Pooling/config.json": { pooling_mode_weightedmean_tokens: true },
      },
      "REEMBED_MODEL_UNSUPPORTED",
      /weightedmean/,
    ],
    [
      { "model.onnx": buildOnnx({ ...encoder, rows: 3 }) },
      "REEMBED_MODEL_UNSUPPORTED",
      /another model's tokenizer/,
    ],
  ] as const;
  for (const [files, code, message] of cases) {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { "tokenizer.json": smallTokenizer(words), ...files });
    await assert.rejects(openPinned(t, local(folder)), { code, message });
  }
});

test("files that changed places, or came from another model of the same sizes, are told by name", async (t) => {
  const folder = await temporaryFolder(t);
  const lockFile = join(folder, "reembed.lock.json");
  const context = { bundledFolder, lockFile, pin: true };
  const [first, second] = [local(folder, { onnxFile: "a.onnx" }), local(folder, { onnxFile: "b.onnx" })];
  await writeFiles(folder, {
    "tokenizer.json": smallTokenizer(words),
    "a.onnx": buildOnnx(encoder),
    "b.onnx": buildOnnx({ ...encoder, operator: "Identity" }),
  });
  await openModel(first, context);
  await openModel(second, context);

  await rename(join(folder, "a.onnx"), join(folder, "c.onnx"));
  await rename(join(folder, "b.onnx"), join(folder, "a.onnx"));
  await assert.rejects(openModel(first, context), {
    code: "REEMBED_MODEL_LOCK_MISMATCH",
    message: /^a\.onnx: its sha256 is/,
    exitCode: 4,
  });
  await assert.rejects(openModel(second, context), {
    code: "REEMBED_MODEL_FILE_MISSING",
    message: /b\.onnx is not found.*a\.onnx, c\.onnx/,
    exitCode: 4,
  });

  await rename(join(folder, "c.onnx"), join(folder, "a.onnx"));
  await writeFiles(folder, { "tokenizer.json": smallTokenizer(words.toReversed()) });
  await assert.rejects(openModel(first, context), {
    code: "REEMBED_MODEL_LOCK_MISMATCH",
    message: /^tokenizer\.json: its sha256 is/,
  });
});
