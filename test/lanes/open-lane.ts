import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Worker } from "node:worker_threads";
import type { EmbedderPlan } from "../../src/core/messages.ts";
import type { Lane } from "../../src/core/ports.ts";
import type { SpaceDescription } from "../../src/core/space.ts";
import { openThreadLane } from "../../src/lanes/thread-lane.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const shared = join(root, "..", "shared");

const common = {
  format: 1,
  packageDigest: null,
  pooling: "mean",
  normalize: true,
  documentPrompt: "",
  queryPrompt: "",
  truncation: "right",
  instructionClass: "any",
} as const;

/** The shipped int8 transformer, one text a call. */
export const miniLmInt8: SpaceDescription = {
  ...common,
  kind: "onnx",
  model: "all-MiniLM-L6-v2",
  dimensions: 384,
  maxTokens: 256,
  quantisation: "int8-dynamic",
  grouping: "alone",
  runtime: "onnxruntime",
};

/** The same in float32, from ../shared. */
export const miniLmFloat: SpaceDescription = { ...miniLmInt8, quantisation: "float32", grouping: "any" };

/** The shipped static model. */
export const potion: SpaceDescription = {
  ...common,
  kind: "static",
  model: "potion-base-4m-int8",
  dimensions: 128,
  maxTokens: 512,
  quantisation: "int8",
  grouping: "any",
  runtime: "reembed-static",
};

/** Where the space's model lies. */
export function planOf(space: SpaceDescription): EmbedderPlan {
  const folder =
    space.quantisation === "float32"
      ? join(shared, "models", space.model)
      : join(root, "datasets", "models", space.model);
  const weightsFile =
    space.kind === "static"
      ? "model.safetensors"
      : space.quantisation === "float32"
        ? "onnx/model.onnx"
        : "onnx/model_qint8.onnx";
  return {
    kind: space.kind === "static" ? "static" : "onnx",
    folder,
    weightsFile,
    space,
    threads: 1,
    device: "cpu",
    canary: null,
  };
}

/** Opens a lane that is closed when the test ends. */
export async function openLane(t: TestContext, space: SpaceDescription, workers: number): Promise<Lane> {
  const lane = await openThreadLane({
    space: { id: "test", description: space },
    plan: planOf(space),
    workers,
  });
  t.after(() => lane.close());
  return lane;
}

/** Every worker thread that starts while the test runs, as it starts. */
export function watchWorkers(t: TestContext, onStart: (worker: Worker) => void): void {
  process.on("worker", onStart);
  t.after(() => process.off("worker", onStart));
}

/** The vector of one text of an answer. */
export function rowOf(vectors: Float32Array, row: number, dimensions: number): number[] {
  return [...vectors.subarray(row * dimensions, (row + 1) * dimensions)];
}
