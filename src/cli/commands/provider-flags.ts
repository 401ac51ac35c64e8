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

/** Flags of commands that may have a provider do its work in batches. */
export const batchFlags = {
  batch: {
    kind: "switch",
    about: "have texts embedded in the provider's batches, at their price; what they do not bring goes live",
  },
  noWait: {
    kind: "switch",
    about: "with --batch: send, ask once, and end; the same command asks again, also after days",
  },
  deadline: {
    kind: "text",
    placeholder: "DATE",
    about: "with --batch: take back in time what would be late, and embed it live; `now` takes back at once",
  },
} as const satisfies FlagSpecs;

/** What these flags say of the settings. A switch that is not given says nothing. */
export function batchSetting(flags: FlagValues<typeof batchFlags>): NonNullable<Settings["provider"]> {
  return {
    ...(flags.batch ? { batch: true } : {}),
    ...(flags.noWait ? { batchWait: false } : {}),
    ...(flags.deadline === undefined ? {} : { deadline: flags.deadline }),
  };
}
