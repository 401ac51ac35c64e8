import { z } from "zod";
import type { HostedReference } from "../core/model-reference.ts";
import type { ModelFacts, ModelPrice } from "../core/provider.ts";
import { isProviderName } from "./hosted-model.ts";

const usd = z.number().min(0);

/** What a model costs its user, by `PROVIDER:MODEL`. */
export const pricesSchema = z.record(
  z.string().refine((key) => isProviderName(key.split(":")[0] ?? "") && /^[^:]+:[^?]+$/.test(key)),
  z.strictObject({ usdPerMTokens: usd, batchUsdPerMTokens: usd.nullable().default(null) }),
);

export type UserPrices = Readonly<z.output<typeof pricesSchema>>;

/**
 * The price that a plan and a ledger use: the user's for this model, else the user's for all, else the
 * dated table's. A user's price for all says nothing of batches.
 */
export function choosePrice(
  { provider, model }: Pick<HostedReference, "provider" | "model">,
  facts: ModelFacts,
  own: { readonly prices: UserPrices; readonly usdPerMTokens: number | null },
): ModelPrice {
  const key = `${provider}:${model}`;
  const price = Object.hasOwn(own.prices, key) ? own.prices[key] : undefined;
  if (price !== undefined) return { ...price, asOf: null, source: "prices of the configuration" };
  if (own.usdPerMTokens === null) {
    const { usdPerMTokens, batchUsdPerMTokens, asOf, source } = facts;
    return { usdPerMTokens, batchUsdPerMTokens, asOf, source };
  }
  const source = "provider.usdPerMTokens of the configuration";
  return { usdPerMTokens: own.usdPerMTokens, batchUsdPerMTokens: null, asOf: null, source };
}
