import { readFile } from "node:fs/promises";
import { ReembedError } from "../core/errors.ts";

const variable = "REEMBED_ALERTS_SECRET";

/** A secret that can be guessed signs nothing: what `openssl rand -hex 16` gives has 32. */
const leastCharacters = 16;

/**
 * The secret that alerts are signed with, from the environment or from the file that it names: never
 * from settings, which are kept and shown. It is written nowhere.
 * @throws REEMBED_CONFIG_INVALID where there is none, REEMBED_CONFIG_UNREADABLE
 */
export async function readWebhookSecret(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const given = env[variable]?.trim() ?? "";
  const file = env[`${variable}_FILE`] ?? "";
  const secret = given !== "" || file === "" ? given : await readSecretFile(file);
  if (secret.length >= leastCharacters) return secret;
  const found = secret === "" ? "there is none" : `it has ${secret.length} characters only`;
  throw new ReembedError(
    "REEMBED_CONFIG_INVALID",
    `alerts.webhook needs a secret of at least ${leastCharacters} characters to sign with, and ${found}: set ${variable}, or ${variable}_FILE to the name of a file that holds it`,
    { details: { variable } },
  );
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw ReembedError.from(
      error,
      "REEMBED_CONFIG_UNREADABLE",
      `${variable}_FILE names a file that cannot be read`,
    );
  }
}
