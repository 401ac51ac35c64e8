import type { Settings } from "../../config/load-config.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";

/** Flags of commands that may ask a provider much; the settings of the same names hold otherwise. */
export const providerFlags = {
  share: {
    kind: "amount",
    placeholder: "PART",
    about: "part of a provider's limits to use, such as 0.7; default: all of them",
  },
  maxCost: {
    kind: "amount",
    placeholder: "USD",
    about: "stop before a provider's bill passes so many dollars; the same command goes on",
  },
  maxTokens: {
    kind: "count",
    placeholder: "N",
    about: "stop before a provider is paid for more tokens; the same command goes on",
  },
} as const satisfies FlagSpecs;

/** What these flags say of the settings. */
export function providerSetting(flags: FlagValues<typeof providerFlags>): NonNullable<Settings["provider"]> {
  return { share: flags.share, maxCost: flags.maxCost, maxTokens: flags.maxTokens };
}
