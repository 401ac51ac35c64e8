import type { ProviderState } from "../provider-state.ts";
import type { MockRoute } from "../route.ts";
import type { WireFormat } from "../wire-format.ts";
import { cohereFormat } from "./cohere.ts";
import { googleBatchFormat, googleSingleFormat } from "./google.ts";
import { ollamaFormat, ollamaRoutes } from "./ollama.ts";
import { openAiFormat } from "./openai.ts";
import { teiFormat, teiRoutes } from "./tei.ts";

/** Every way of asking for vectors that the server understands, all at the same time. */
export const wireFormats: readonly WireFormat[] = [
  openAiFormat,
  cohereFormat,
  googleSingleFormat,
  googleBatchFormat,
  ollamaFormat,
  teiFormat,
];

/** What some formats answer besides vectors. */
export function formatRoutes(state: ProviderState): MockRoute[] {
  return [...ollamaRoutes(state), ...teiRoutes(state)];
}
