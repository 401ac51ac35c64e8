/**
 * Texts through a hosted model with the SDKs that people use, each with its own retries: the AI SDK's
 * `embedMany`, or the OpenAI SDK and a pool of requests.
 *
 *     echo run | node native-bench/peers/hosted-sdk.ts --tools DIR --sdk ai|openai --url URL --texts FILE
 *       [--parallel 4] [--retries 6] [--per-request 256]
 *
 * A round answers with texts a second, and with 0 where it failed: then no vector came back, whatever was paid.
 */
import { parseArgs } from "node:util";
import { readTexts } from "../read-texts.ts";
import { serveRounds } from "../serve-rounds.ts";
import { loadTool } from "./load-tool.ts";

/** What is used of the packages `ai` and `@ai-sdk/openai`. */
interface AiSdk {
  embedMany(request: {
    readonly model: object;
    readonly values: readonly string[];
    readonly maxParallelCalls: number;
    readonly maxRetries: number;
  }): Promise<{ readonly embeddings: readonly unknown[] }>;
}
interface AiSdkOpenAi {
  createOpenAI(settings: { readonly apiKey: string; readonly baseURL: string }): {
    embedding(model: string): object;
  };
}

/** What is used of the package `openai`. */
interface OpenAiSdk {
  readonly OpenAI: new (settings: {
    readonly apiKey: string;
    readonly baseURL: string;
    readonly maxRetries: number;
  }) => {
    readonly embeddings: {
      create(request: { readonly model: string; readonly input: readonly string[] }): Promise<{
        readonly data: readonly unknown[];
      }>;
    };
  };
}

const { values } = parseArgs({
  options: {
    tools: { type: "string", default: "" },
    sdk: { type: "string", default: "ai" },
    url: { type: "string", default: "" },
    texts: { type: "string", default: "" },
    parallel: { type: "string", default: "4" },
    retries: { type: "string", default: "6" },
    "per-request": { type: "string", default: "256" },
  },
});
const { tools, sdk, url } = values;
const model = "text-embedding-3-small";
const texts = await readTexts(values.texts);
const parallel = Number(values.parallel);
const maxRetries = Number(values.retries);
const perRequest = Number(values["per-request"]);
const access = { apiKey: "bench", baseURL: `${url}/v1` };

/** Embeds all texts; answers how many vectors came back. */
type EmbedAll = () => Promise<number>;

async function openAiSdk(): Promise<{ readonly about: string; readonly embedAll: EmbedAll }> {
  const { module: ai, version } = await loadTool<AiSdk>(tools, "ai");
  const { module: provider } = await loadTool<AiSdkOpenAi>(tools, "@ai-sdk/openai");
  const hosted = provider.createOpenAI(access).embedding(model);
  // It splits by what the model says of itself, and has no option for it.
  const split = new Proxy(hosted, {
    get: (target, name) =>
      name === "maxEmbeddingsPerCall" ? perRequest : (Reflect.get(target, name) as unknown),
  });
  return {
    about: `ai ${version}, embedMany`,
    embedAll: async () => {
      const request = { model: split, values: texts, maxParallelCalls: parallel, maxRetries };
      return (await ai.embedMany(request)).embeddings.length;
    },
  };
}

async function openOpenAiSdk(): Promise<{ readonly about: string; readonly embedAll: EmbedAll }> {
  const { module, version } = await loadTool<OpenAiSdk>(tools, "openai");
  const client = new module.OpenAI({ ...access, maxRetries });
  const requests: string[][] = [];
  for (let from = 0; from < texts.length; from += perRequest) {
    requests.push(texts.slice(from, from + perRequest));
  }
  return {
    about: `openai ${version}, a pool of requests`,
    async embedAll() {
      const waiting = requests.values();
      let vectors = 0;
      const take = async (): Promise<void> => {
        for (const input of waiting)
          vectors += (await client.embeddings.create({ model, input })).data.length;
      };
      await Promise.all(Array.from({ length: parallel }, take));
      return vectors;
    },
  };
}

const { about, embedAll } = await (sdk === "ai" ? openAiSdk() : openOpenAiSdk());

await serveRounds(
  {
    async run() {
      const started = performance.now();
      try {
        const vectors = await embedAll();
        if (vectors !== texts.length) throw new Error(`${vectors} vectors of ${texts.length} texts`);
      } catch (error) {
        process.stderr.write(`${sdk} gave up: ${String(error)}\n`);
        return 0;
      }
      return texts.length / ((performance.now() - started) / 1000);
    },
    close: () => Promise.resolve(),
  },
  `${about}, ${parallel} in parallel, ${maxRetries} retries`,
);
