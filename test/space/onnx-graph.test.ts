import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { onnxFloat, readOnnxGraph } from "../../src/space/onnx-graph.ts";
import { bundledFolder } from "./model-package.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { buildOnnx } from "./onnx-file.ts";

test("reads a real graph: operators, inputs, outputs, rows of its table", () => {
  const graph = readOnnxGraph(join(bundledFolder, "all-MiniLM-L6-v2", "onnx", "model_qint8.onnx"));
  assert.ok(graph.operators.has("DynamicQuantizeLinear"));
  assert.deepEqual(
    graph.inputs.map(({ name }) => name),
    ["input_ids", "attention_mask", "token_type_ids"],
  );
  assert.deepEqual(graph.outputs, [{ name: "last_hidden_state", shape: [null, null, 384] }]);
  assert.equal(graph.vocabularyRows, 30_522);
  assert.deepEqual(graph.externalFiles, []);
});

test("an operator counts where it is used, not where its name stands in a string", async (t) => {
  const path = join(await temporaryFolder(t), "model.onnx");
  await writeFile(path, buildOnnx({ rows: 2048, width: 4, output: "DynamicQuantizeLinear" }));
  const graph = readOnnxGraph(path);
  assert.ok(!graph.operators.has("DynamicQuantizeLinear"));
  assert.deepEqual([...graph.weightTypes], [onnxFloat]);
  assert.equal(graph.vocabularyRows, 2048);
});

test("names the files that hold weights outside", async (t) => {
  const path = join(await temporaryFolder(t), "model.onnx");
  await writeFile(path, buildOnnx({ rows: 4, width: 4, weightsFile: "model.onnx_data" }));
  assert.deepEqual(readOnnxGraph(path).externalFiles, ["model.onnx_data"]);
});

test("a file cut anywhere, or no ONNX at all, is damaged", async (t) => {
  const path = join(await temporaryFolder(t), "model.onnx");
  const whole = buildOnnx({ rows: 8, width: 4 });
  const damaged = { code: "REEMBED_MODEL_FILE_DAMAGED" };
  for (const length of [0, 1, 7, 40, Math.floor(whole.length / 2), whole.length - 9]) {
    await writeFile(path, whole.subarray(0, length));
    assert.throws(() => readOnnxGraph(path), damaged, `cut at ${length}`);
  }
  await writeFile(path, "<html>not found</html>");
  assert.throws(() => readOnnxGraph(path), damaged);
});
