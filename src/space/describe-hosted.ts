import { ReembedError } from "../core/errors.ts";
import type { HostedReference } from "../core/model-reference.ts";
import type { ModelFacts } from "../core/provider.ts";
import type { Space } from "../core/space.ts";
import { makeSpace } from "./space-id.ts";

/**
 * The space of a hosted model. The model's name is its identity, with whatever of the request can move
 * a vector; where it is computed (host, deployment, region) is not.
 * @throws REEMBED_CONFIG_UNPINNED where its dimensions are neither known nor stated
 */
export function describeHosted(reference: HostedReference, facts: ModelFacts): Space {
  const { provider, model, options, written } = reference;
  const dimensions = options.dimensions ?? facts.dimensions;
  if (dimensions === null) {
    throw new ReembedError(
      "REEMBED_CONFIG_UNPINNED",
      `${written} does not state how long its vectors are, and that is not known of ${model}; add dimensions=N`,
      { details: { reference: written } },
    );
  }
  if (options.maxTokens !== undefined && facts.model !== "*" && options.maxTokens > facts.maxTokens) {
    throw new ReembedError(
      "REEMBED_CONFIG_REFERENCE",
      `${written}: maxTokens=${options.maxTokens} cannot be had: ${model} takes ${facts.maxTokens} (${facts.source}, ${facts.asOf})`,
      { details: { reference: written } },
    );
  }
  const documentTask = options.documentTask ?? facts.tasks?.document;
  const queryTask = options.queryTask ?? facts.tasks?.query;
  return makeSpace({
    format: 1,
    kind: "api",
    model,
    packageDigest: options.digest ?? null,
    dimensions,
    pooling: "none",
    normalize: options.normalize ?? false,
    documentPrompt: options.prompt ?? "",
    queryPrompt: options.queryPrompt ?? "",
    maxTokens: options.maxTokens ?? facts.maxTokens,
    truncation: "right",
    quantisation: "float32",
    grouping: "any",
    runtime: provider,
    instructionClass: "any",
    overLong: options.overLong ?? "truncate",
    ...(documentTask === undefined ? {} : { documentTask }),
    ...(queryTask === undefined ? {} : { queryTask }),
    ...(options.servedModel === undefined ? {} : { servedModel: options.servedModel }),
  });
}
