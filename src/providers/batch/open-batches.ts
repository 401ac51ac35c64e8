import type { BatchService } from "../../core/batch.ts";
import { ReembedError } from "../../core/errors.ts";
import type { HostedReference } from "../../core/model-reference.ts";
import type { SpaceDescription } from "../../core/space.ts";
import type { Environment } from "../provider-key.ts";
import { openOpenAiBatches } from "./openai-batches.ts";

/**
 * Opens the batches of the provider that a reference names.
 * @param usualDimensions length of the model's vectors unless fewer are asked for
 * @param signal ends exchanges that are under way
 * @throws REEMBED_PROVIDER_KEY, REEMBED_USAGE where they are not spoken here
 */
export function openBatches(
  reference: HostedReference,
  space: SpaceDescription,
  usualDimensions: number | null,
  env: Environment,
  signal: AbortSignal,
): Promise<BatchService> {
  const { provider } = reference;
  if (provider === "openai" || provider === "openai-compatible") {
    return openOpenAiBatches({ reference: { ...reference, provider }, space, usualDimensions, env, signal });
  }
  throw new ReembedError("REEMBED_USAGE", `batches of ${provider} are not spoken here`);
}
