import type { EmbedderPlan } from "../core/messages.ts";
import { checkCanary } from "./check-canary.ts";
import type { Embedder } from "./embedder.ts";
import { openStaticEmbedder } from "./static-embedder.ts";

/**
 * Opens what a plan describes, and checks it against its canary. ONNX Runtime is loaded only where a
 * plan needs it.
 * @throws REEMBED_MODEL_LOAD_FAILED, REEMBED_MODEL_UNSUPPORTED, REEMBED_MODEL_FILE_DAMAGED,
 * REEMBED_MODEL_CANARY
 */
export async function openEmbedder(plan: EmbedderPlan): Promise<Embedder> {
  const embedder = await openUnchecked(plan);
  if (plan.canary !== null) await checkCanary(embedder, plan.space, plan.canary);
  return embedder;
}

async function openUnchecked(plan: EmbedderPlan): Promise<Embedder> {
  if (plan.kind === "static") return openStaticEmbedder(plan);
  const [{ openOnnxEmbedder }, { onnxRuntime }] = await Promise.all([
    import("./onnx-embedder.ts"),
    import("./onnx-runtime.ts"),
  ]);
  return openOnnxEmbedder(plan, onnxRuntime);
}
