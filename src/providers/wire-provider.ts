import type { HostedReference } from "../core/model-reference.ts";
import type { EmbeddingProvider } from "../core/provider.ts";
import type { SpaceDescription } from "../core/space.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { classifyFailure } from "./classify-failure.ts";
import { checkOllamaDigest } from "./ollama-digest.ts";
import { createJsonClient } from "./post-json.ts";
import { type WireFormat, wireFormats, type WireProviderName } from "./wire-format.ts";

export interface WireProviderOptions {
  readonly reference: HostedReference & { readonly provider: WireProviderName };
  readonly space: SpaceDescription;
  /** Null for a server that wants none. */
  readonly key: string | null;
}

/** Failures that a parameter which the server does not know may be behind. */
const mayBeParameter = new Set(["bad-input", "malformed", "not-found"]);

/**
 * Opens a provider over reembed's own HTTP. The AI SDK's packages ask for numbers as JSON and keep
 * neither the order that an answer gives its vectors nor its model's name; for a format that most
 * servers speak, base64 and both checks are worth an adapter.
 */
export async function openWireProvider(options: WireProviderOptions): Promise<EmbeddingProvider> {
  const { reference, space, key } = options;
  const format: WireFormat = wireFormats[reference.provider];
  const base = baseAddress(reference.options.baseUrl ?? format.baseUrl ?? "", reference.provider);
  const version = reference.options.apiVersion;
  const url = new URL(`${base}${format.path}${version === undefined ? "" : `?api-version=${version}`}`);
  const client = createJsonClient();
  const reader = createAnswerReader();
  const headers = key === null ? {} : format.keyHeader(key);
  const model = reference.options.deployment ?? reference.model;
  const leftOut = new Set<string>();
  const close = (): void => {
    client.close();
    reader.close();
  };
  if (reference.options.digest !== undefined) {
    try {
      await checkOllamaDigest(client, { base, model, digest: reference.options.digest, headers });
    } catch (error) {
      close();
      throw error;
    }
  }

  return {
    async embed({ texts, purpose, signal, timeoutMs }) {
      const task = purpose === "query" ? space.queryTask : space.documentTask;
      const input = { model, texts, space, task };
      for (;;) {
        const optional = Object.entries(format.optional(input)).filter(([name]) => !leftOut.has(name));
        const body = JSON.stringify({ ...format.body(input), ...Object.fromEntries(optional) });
        const answer = await client.post(url, { headers, body, signal, timeoutMs });
        if (answer.status >= 200 && answer.status < 300) {
          return { ...(await reader.read(answer.body, texts.length)), headers: answer.headers };
        }
        const failure = classifyFailure(
          answer.status,
          hideKey(Buffer.from(answer.body).toString(), key),
          answer.headers,
          Date.now(),
        );
        const refused = optional.find(([name]) => failure.message.includes(name))?.[0];
        if (refused === undefined || !mayBeParameter.has(failure.kind)) throw failure;
        leftOut.add(refused);
      }
    },
    close,
  };
}

/** The address as servers are usually given: one without a path gets the format's usual one. */
export function baseAddress(written: string, provider: WireProviderName): string {
  const bare = new URL(written).pathname === "/" && provider !== "ollama" && provider !== "azure";
  const trimmed = written.replace(/\/+$/, "");
  return bare ? `${trimmed}/v1` : trimmed;
}

/** Some providers repeat the key in the message that refuses it. */
export function hideKey(text: string, key: string | null): string {
  return key === null || key === "" ? text : text.replaceAll(key, "***");
}
