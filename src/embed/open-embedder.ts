import type { EmbedderPlan } from "../core/messages.ts";
import type { Embedder } from "./embedder.ts";
import { openStaticEmbedder } from "./static-embedder.ts";

/** Opens what a plan describes. ONNX Runtime is loaded only where a plan needs it. */
export async function openEmbedder(plan: EmbedderPlan): Promise<Embedder> {
  if (plan.kind === "static") return openStaticEmbedder(plan);
  const [{ openOnnxEmbedder }, { onnxRuntime }] = await Promise.all([
    import("./onnx-embedder.ts"),
    import("./onnx-runtime.ts"),
  ]);
  return openOnnxEmbedder(plan, onnxRuntime);
}
