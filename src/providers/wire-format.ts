import type { ProviderName } from "../core/model-reference.ts";
import type { SpaceDescription } from "../core/space.ts";

/** What a request's JSON is made of. */
export interface WireInput {
  readonly model: string;
  readonly texts: readonly string[];
  readonly space: SpaceDescription;
  /** What the texts are, where the space says so. */
  readonly task: string | undefined;
}

/** A way of asking for embeddings over HTTP. */
export interface WireFormat {
  /** Added to the base address. */
  readonly path: string;
  /** The base address where none is given; null where one must be. */
  readonly baseUrl: string | null;
  /** What the server always understands. */
  body(input: WireInput): Record<string, unknown>;
  /**
   * What some servers of this format refuse although they can do without: left out for good once a
   * server says so. The answer is checked either way.
   */
  optional(input: WireInput): Record<string, unknown>;
  /** The header that carries the key. */
  keyHeader(key: string): Readonly<Record<string, string>>;
}

const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });

/** Vectors as base64 are a third of their size as numbers, and exact. */
const openaiFormat: WireFormat = {
  path: "/embeddings",
  baseUrl: "https://api.openai.com/v1",
  body: ({ model, texts }) => ({ model, input: texts }),
  optional: ({ space, task }) => ({
    encoding_format: "base64",
    dimensions: space.dimensions,
    ...(task === undefined ? {} : { input_type: task }),
  }),
  keyHeader: bearer,
};

/** Formats that reembed speaks itself. The others go through packages of the AI SDK. */
export const wireFormats = {
  openai: openaiFormat,
  "openai-compatible": { ...openaiFormat, baseUrl: null },
  /** Source: Azure's "v1" API; a key goes in a header of its own. */
  azure: { ...openaiFormat, path: "/v1/embeddings", baseUrl: null, keyHeader: (key) => ({ "api-key": key }) },
  ollama: {
    path: "/api/embed",
    baseUrl: "http://127.0.0.1:11434",
    body: ({ model, texts, space }) => ({ model, input: texts, truncate: space.overLong === "truncate" }),
    optional: ({ space }) => ({ dimensions: space.dimensions }),
    keyHeader: bearer,
  },
} as const satisfies Partial<Record<ProviderName, WireFormat>>;

export type WireProviderName = keyof typeof wireFormats;

/** Whether reembed speaks a provider's format itself. */
export function hasWireFormat(provider: ProviderName): provider is WireProviderName {
  return Object.hasOwn(wireFormats, provider);
}
