import type { Refuse } from "./reference-options.ts";

/** Providers of hosted models that a reference may name, and what to call them in a sentence. */
export const hostedProviders = {
  openai: "OpenAI",
  "openai-compatible": "an OpenAI-compatible server",
  azure: "Azure OpenAI",
  google: "Google",
  cohere: "Cohere",
  voyage: "Voyage",
  mistral: "Mistral",
  bedrock: "Amazon Bedrock",
  ollama: "Ollama",
} as const;

/**
 * Refuses a hosted model: a floating name for being one, any other since there is no lane for it yet.
 *
 * A name floats if it ends in `latest`, or has no digit at all: the name of a family, without the
 * version or date that tells its members apart.
 */
export function refuseHostedModel(
  provider: string,
  model: string,
  query: string | null,
  refuse: Refuse,
): never {
  if (model === "") {
    refuse("REEMBED_CONFIG_REFERENCE", `names no model; write ${provider}:MODEL`);
  }
  if (/(?:^|[:@-])latest$/i.test(model)) {
    refuse(
      "REEMBED_CONFIG_UNPINNED",
      `follows whatever is latest; write the model's dated or versioned name instead of "${model}"`,
    );
  }
  if (!/\d/.test(model)) {
    refuse(
      "REEMBED_CONFIG_UNPINNED",
      `names a family of models, "${model}", and no member of it; write its dated or versioned name`,
    );
  }
  for (const name of (query ?? "").split("&").map((part) => part.split("=")[0] ?? "")) {
    if (/^(?:api)?_?key$|token$/i.test(name)) {
      refuse(
        "REEMBED_CONFIG_REFERENCE",
        `has a key in it; keys come from the environment alone, remove "${name}"`,
      );
    }
  }
  return refuse(
    "REEMBED_CONFIG_REFERENCE",
    "names a hosted model, and this version of reembed embeds with models on disk only; write one of bundled:NAME, local:FOLDER, hf:OWNER/NAME@<40 hex digits>",
  );
}
