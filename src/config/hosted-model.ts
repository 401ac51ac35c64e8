import {
  type HostedOptions,
  type HostedReference,
  type ProviderName,
  providerNames,
} from "../core/model-reference.ts";
import { parseHostedOptions, type Refuse } from "./reference-options.ts";

/** Whether a word names a provider of hosted models. */
export function isProviderName(word: string): word is ProviderName {
  return providerNames.some((name) => name === word);
}

export interface HostedModelContext {
  readonly written: string;
  /** Take names that may mean other weights tomorrow, as `?acceptMutable=true` does for one. */
  readonly acceptMutable: boolean;
  readonly refuse: Refuse;
}

/**
 * Parses what stands behind a provider's name, and refuses a model that it does not pin.
 *
 * A name floats if it ends in `latest`, or has no digit at all: the name of a family, without the
 * version or date that tells its members apart. A tag of Ollama can be moved, but rarely is; its
 * digest cannot.
 * @throws REEMBED_CONFIG_UNPINNED, REEMBED_CONFIG_REFERENCE
 */
export function parseHostedModel(
  provider: ProviderName,
  model: string,
  query: string | null,
  context: HostedModelContext,
): HostedReference {
  const { written, refuse } = context;
  if (model === "") refuse("REEMBED_CONFIG_REFERENCE", `names no model; write ${provider}:MODEL`);
  refuseKeys(query, refuse);
  const options = query === null ? {} : parseHostedOptions(query, refuse);
  const fault = floatingName(provider, model, options);
  if (fault !== null && !(options.acceptMutable ?? context.acceptMutable)) {
    refuse("REEMBED_CONFIG_UNPINNED", fault);
  }
  refuseMisplaced(provider, options, refuse);
  return { kind: "hosted", provider, model, mutable: fault !== null, written, options };
}

/** The end of a name that is moved to other weights: a tag, a branch, or a word for the newest. */
const floatingTag =
  /(?:^|[:@-])latest$|[:@](?:main|master|head|stable|edge|nightly|current|newest|default)$/i;

/** Why a name may mean other weights tomorrow, and what to write; null for one that is pinned. */
function floatingName(provider: ProviderName, model: string, options: HostedOptions): string | null {
  const accept = "or accept that its weights may change with acceptMutable=true";
  if (provider === "ollama") {
    if (options.digest !== undefined) return null;
    const [name, tag] = model.split(":");
    const advice = `write its tag, such as ollama:${name}:v1.5, better with the digest that \`ollama list\` shows: ollama:${name}:TAG?digest=<12 or more hex digits>, ${accept}`;
    if (tag === undefined)
      return `has no tag, so it means latest, which is moved to newer weights; ${advice}`;
    if (floatingTag.test(`:${tag}`)) return `follows whatever is newest; ${advice}`;
    return null;
  }
  if (floatingTag.test(model)) {
    return `follows whatever is newest; write the model's dated or versioned name instead of "${model}", ${accept}`;
  }
  if (!/\d/.test(model)) {
    return `names a family of models, "${model}", and no member of it; write its dated or versioned name, ${accept}`;
  }
  return null;
}

/** Options that one provider alone understands. */
const providersOf: Readonly<Partial<Record<keyof HostedOptions, readonly ProviderName[]>>> = {
  digest: ["ollama"],
  deployment: ["azure"],
  apiVersion: ["azure"],
  region: ["bedrock"],
};

function refuseMisplaced(provider: ProviderName, options: HostedOptions, refuse: Refuse): void {
  for (const [option, providers] of Object.entries(providersOf)) {
    if (!Object.hasOwn(options, option) || providers.includes(provider)) continue;
    refuse(
      "REEMBED_CONFIG_REFERENCE",
      `has ${option}, which is for ${providers.join(", ")} alone; leave it out`,
    );
  }
  if (options.baseUrl === undefined && provider === "openai-compatible") {
    refuse(
      "REEMBED_CONFIG_REFERENCE",
      "does not say where its server is; add baseUrl, such as baseUrl=http://127.0.0.1:8080/v1",
    );
  }
  if (options.baseUrl === undefined && provider === "azure") {
    refuse(
      "REEMBED_CONFIG_REFERENCE",
      "does not say which resource it is on; add baseUrl, such as baseUrl=https://NAME.openai.azure.com/openai",
    );
  }
}

function refuseKeys(query: string | null, refuse: Refuse): void {
  for (const name of (query ?? "").split("&").map((part) => part.split("=")[0] ?? "")) {
    if (/^(?:api)?_?key$|token$/i.test(name)) {
      refuse(
        "REEMBED_CONFIG_REFERENCE",
        `has a key in it; keys come from the environment alone, remove "${name}"`,
      );
    }
  }
}
