import { hash } from "node:crypto";
import { join } from "node:path";
import { ReembedError } from "../../core/errors.ts";
import type { HostedReference } from "../../core/model-reference.ts";
import type { Model } from "../../core/ports.ts";
import type { AccountLimits, EmbeddingProvider, HostedModel, ModelFacts } from "../../core/provider.ts";
import type { Space } from "../../core/space.ts";
import { openApiLane } from "./api-lane.ts";
import { sizeRequests } from "./pack-requests.ts";
import { prepareText } from "./prepare-texts.ts";
import { joinSharedLimit } from "./shared-limit.ts";
import { openTokenCounter } from "./token-counter.ts";

/** Settings of hosted models, as the configuration gives them. */
export interface ApiSettings extends AccountLimits {
  readonly share: number;
  readonly concurrency: number;
  readonly maxCost: number | null;
  readonly maxTokens: number | null;
  readonly usdPerMTokens: number | null;
  readonly patienceSeconds: number;
}

export interface ApiModelContext {
  readonly settings: ApiSettings;
  /** Called once for each lane. */
  openProvider(): Promise<EmbeddingProvider>;
  /** Folder in which the processes of this machine find each other. */
  readonly limitsFolder: string;
}

/**
 * A hosted model, ready to be planned with and opened as a lane. Nothing is sent before that.
 * @throws REEMBED_CONFIG_INVALID where money is bounded and the price is not known
 */
export function openApiModel(
  reference: HostedReference,
  space: Space,
  facts: ModelFacts,
  { settings, openProvider, limitsFolder }: ApiModelContext,
): Model {
  const { written, provider, model, options } = reference;
  const usdPerMTokens = settings.usdPerMTokens ?? facts.usdPerMTokens;
  if (settings.maxCost !== null && usdPerMTokens === null) {
    throw new ReembedError(
      "REEMBED_CONFIG_INVALID",
      `the cost of ${written} cannot be bounded: its price is not known; set provider.usdPerMTokens, or bound the tokens with --max-tokens`,
      { details: { reference: written } },
    );
  }
  // Where the model is decides which limits are shared; the key would too, but is written nowhere.
  const place = `${provider} ${options.baseUrl ?? options.region ?? ""} ${model}`;
  return {
    reference: written,
    space,
    warnings: reference.mutable
      ? [`${written} has no version in its name: the provider may change its weights, and no pin will tell`]
      : [],
    canary: null,
    pinCanary: null,
    hosted: planOf(space, facts, settings, usdPerMTokens),
    openLane: async () =>
      openApiLane({
        space,
        reference: written,
        servedModel: options.servedModel ?? model,
        provider: await openProvider(),
        facts,
        account: settings,
        share: settings.share,
        concurrency: settings.concurrency,
        budget: { maxCost: settings.maxCost, maxTokens: settings.maxTokens },
        usdPerMTokens,
        sharedLimit: await joinSharedLimit(
          join(limitsFolder, hash("sha256", place, "hex").slice(0, 16)),
          Date.now,
        ),
        patienceMs: settings.patienceSeconds * 1000,
        random: Math.random,
      }),
  };
}

function planOf(
  { description }: Space,
  facts: ModelFacts,
  settings: ApiSettings,
  usdPerMTokens: number | null,
): HostedModel {
  const shared = (limit: number | null): number | null => (limit === null ? null : limit * settings.share);
  const sizes = sizeRequests({
    items: facts.requestItems,
    tokens: facts.requestTokens,
    bytes: facts.requestBytes,
    dimensions: description.dimensions,
    requestsPerMinute: settings.requestsPerMinute,
    tokensPerMinute: settings.tokensPerMinute,
    margin: 0,
  });
  return {
    usdPerMTokens,
    requestsPerMinute: shared(settings.requestsPerMinute),
    tokensPerMinute: shared(settings.tokensPerMinute),
    requestItems: sizes.items,
    requestTokens: sizes.tokens,
    async countTokens(texts) {
      const counter = await openTokenCounter(facts.encoding);
      const policy = { overLong: description.overLong ?? "truncate", maxTokens: description.maxTokens };
      const tokens = texts.map((text) =>
        text.trim() === ""
          ? 0
          : prepareText(description.documentPrompt + text, 0, policy, counter).pieces.reduce(
              (sum, piece) => sum + piece.tokens,
              0,
            ),
      );
      return { tokens, exact: counter.exact };
    },
  };
}
