import { ReembedError } from "../core/errors.ts";
import { classifyFailure } from "./classify-failure.ts";
import { type JsonClient, type PostOptions, readText } from "./post-json.ts";

/** A list of models is short and local. */
const timeoutMs = 30_000;

/**
 * Makes sure that an Ollama server has the model with the digest that the reference pins.
 * @throws REEMBED_PROVIDER_ANSWER, ProviderFailure
 */
export async function checkOllamaDigest(
  client: JsonClient,
  asked: {
    readonly base: string;
    readonly model: string;
    readonly digest: string;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const question: PostOptions = {
    method: "GET",
    headers: asked.headers,
    body: null,
    signal: new AbortController().signal,
    timeoutMs,
  };
  const { status, headers, text } = await client.post(new URL(`${asked.base}/api/tags`), question, readText);
  if (status !== 200) throw classifyFailure(status, text, headers, Date.now());
  const { models = [] } = JSON.parse(text) as { models?: { name?: string; digest?: string }[] };
  const named = models.find(({ name }) => name === asked.model || name === `${asked.model}:latest`);
  const found = named?.digest?.replace(/^sha256:/, "") ?? null;
  if (found?.startsWith(asked.digest) === true) return;
  const what =
    found === null
      ? `has no model ${asked.model}; run \`ollama pull ${asked.model}\` there`
      : `has ${asked.model} with the digest ${found.slice(0, 12)}, and ${asked.digest.slice(0, 12)} is pinned: its weights are others. Pull the pinned ones, or make a new version with the new digest`;
  throw new ReembedError("REEMBED_PROVIDER_ANSWER", `the Ollama server at ${asked.base} ${what}`, {
    details: { model: asked.model, pinned: asked.digest, found },
  });
}
