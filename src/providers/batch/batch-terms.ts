import type { BatchLimits } from "../../core/batch.ts";
import type { ProviderName } from "../../core/model-reference.ts";

/** Whether a provider's batches are spoken here, and on what terms. */
export type BatchTerms =
  | { readonly offered: true; readonly limits: BatchLimits }
  | { readonly offered: false; readonly why: string };

/**
 * 50,000 embedding inputs over all requests of a batch: with one input a request, that many requests.
 * A file of 200 MB is read as 10^6 bytes a MB, the smaller of the two readings. A batch
 * that is cancelled may take ten minutes to end.
 */
const openaiLimits: BatchLimits = {
  requests: 50_000,
  bytes: 200_000_000,
  cancelMs: 600_000,
  source: "https://platform.openai.com/docs/api-reference/batch (create, cancel), as of 2026-07",
};

/** Provider -> its batches. Those that could not be tried against a server of their format are refused. */
export const batchTerms: Readonly<Record<ProviderName, BatchTerms>> = {
  openai: { offered: true, limits: openaiLimits },
  "openai-compatible": { offered: true, limits: openaiLimits },
  azure: {
    offered: false,
    why: "its batches need a deployment of their own kind, which reembed does not use",
  },
  google: { offered: false, why: "its batches have a form of their own, which reembed does not speak" },
  cohere: { offered: false, why: "its jobs have a form of their own, which reembed does not speak" },
  voyage: { offered: false, why: "its batches are a preview whose form may still change" },
  mistral: { offered: false, why: "its batches have a form of their own, which reembed does not speak" },
  bedrock: { offered: false, why: "its batches go through buckets, which reembed does not use" },
  ollama: { offered: false, why: "it has none" },
};
