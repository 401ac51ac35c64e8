/** Every format, asked as its own clients ask, answers with the model's vectors unchanged. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSource } from "../../src/corpus/open-source.ts";
import { openLane, potion, rowOf } from "../lanes/open-lane.ts";
import { sharedFolder } from "../support/shared-folder.ts";
import { type Answer, errorOf, floatsOf, get, post, startFor } from "./mock-client.ts";

const model = "potion:4m";
const models = [{ name: model, reference: "bundled:potion-base-4m-int8", dimensions: null }];

/** How a client of one provider asks, and reads what it is told. */
interface Client {
  readonly path: string;
  readonly items: number;
  body(texts: readonly string[]): unknown;
  vectors(json: never): readonly ArrayLike<number>[];
  tokens(json: never): number | null;
}

interface OpenAiShape {
  readonly data: readonly { readonly index: number; readonly embedding: number[] & string }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}
interface CohereShape {
  readonly embeddings: { readonly float: number[][] };
  readonly meta: { readonly billed_units: { readonly input_tokens: number } };
}
interface OllamaShape {
  readonly model: string;
  readonly embeddings: number[][];
  readonly prompt_eval_count: number;
}
interface GoogleShape {
  readonly embeddings: readonly { readonly values: number[] }[];
}

const openAiVectors = ({ data }: OpenAiShape) => data.map(({ embedding }) => embedding);

/** The bodies are those that the providers' own clients and the packages of the AI SDK send. */
const clients: Readonly<Record<string, Client>> = {
  "OpenAI, numbers": {
    path: "/v1/embeddings",
    items: 500,
    body: (input) => ({ model, input, encoding_format: "float" }),
    vectors: openAiVectors,
    tokens: ({ usage }: OpenAiShape) => usage.prompt_tokens,
  },
  "OpenAI, base64": {
    path: "/openai/v1/embeddings",
    items: 500,
    body: (input) => ({ model, input, encoding_format: "base64", dimensions: 128 }),
    vectors: ({ data }: OpenAiShape) => data.map(({ embedding }) => floatsOf(embedding)),
    tokens: ({ usage }: OpenAiShape) => usage.total_tokens,
  },
  Mistral: {
    path: "/v1/embeddings",
    items: 128,
    body: (input) => ({ model, input, output_dimension: 128, encoding_format: "float" }),
    vectors: openAiVectors,
    tokens: ({ usage }: OpenAiShape) => usage.prompt_tokens,
  },
  Voyage: {
    path: "/v1/embeddings",
    items: 128,
    body: (input) => ({ model, input, input_type: "document", truncation: true, output_dimension: 128 }),
    vectors: openAiVectors,
    tokens: ({ usage }: OpenAiShape) => usage.total_tokens,
  },
  Cohere: {
    path: "/v2/embed",
    items: 96,
    body: (texts) => ({ model, texts, embedding_types: ["float"], input_type: "search_document" }),
    vectors: ({ embeddings }: CohereShape) => embeddings.float,
    tokens: ({ meta }: CohereShape) => meta.billed_units.input_tokens,
  },
  Google: {
    path: `/v1beta/models/${encodeURIComponent(model)}:batchEmbedContents`,
    items: 100,
    body: (texts) => ({
      requests: texts.map((text) => ({
        model: `models/${model}`,
        content: { role: "user", parts: [{ text }] },
        outputDimensionality: 128,
        taskType: "RETRIEVAL_DOCUMENT",
      })),
    }),
    vectors: ({ embeddings }: GoogleShape) => embeddings.map(({ values }) => values),
    tokens: () => null,
  },
  Ollama: {
    path: "/api/embed",
    items: 250,
    body: (input) => ({ model, input, truncate: false, dimensions: 128 }),
    vectors: ({ embeddings }: OllamaShape) => embeddings,
    tokens: ({ prompt_eval_count: tokens }: OllamaShape) => tokens,
  },
  TEI: {
    path: "/embed",
    items: 250,
    body: (inputs) => ({ inputs, normalize: true, truncate: false }),
    vectors: (vectors: number[][]) => vectors,
    tokens: () => null,
  },
};

test("the same vectors and the same tokens in every format", async (t) => {
  const texts = await corpus();
  const { url, ledger, resetLedger } = await startFor(t, { models });
  const lane = await openLane(t, potion, 1);
  const expected = await lane.embed(texts, { purpose: "document" });
  const paid = new Map<string, number>();
  for (const [name, client] of Object.entries(clients)) {
    let tokens = 0;
    for (let start = 0; start < texts.length; start += client.items) {
      const part = texts.slice(start, start + client.items);
      const { status, json } = await post(url + client.path, client.body(part));
      assert.equal(status, 200, `${name}: ${JSON.stringify(json).slice(0, 300)}`);
      const vectors = client.vectors(json as never);
      assert.equal(vectors.length, part.length, name);
      for (const [row, vector] of vectors.entries()) {
        assert.deepEqual([...Float32Array.from(vector)], rowOf(expected.vectors, start + row, 128), name);
      }
      tokens += client.tokens(json as never) ?? 0;
    }
    const books = ledger();
    assert.equal(books.items, texts.length, name);
    if (tokens > 0) assert.equal(tokens, books.tokens, name);
    paid.set(name, books.tokens);
    resetLedger();
  }
  assert.equal(new Set(paid.values()).size, 1, "every format costs as many tokens");
});

/** The first thousand tldr pages; without the shared data, a few texts. */
async function corpus(): Promise<string[]> {
  const path = join(sharedFolder, "data", "tldr-pages.parquet");
  if (!existsSync(path))
    return Array.from({ length: 40 }, (_, i) => `page ${i} tells how to list ${i} files`);
  const source = await openSource(path, "parquet");
  const texts: string[] = [];
  for await (const { batch } of source.batches()) {
    const column = batch.getChild("text")!;
    for (let row = 0; row < batch.numRows && texts.length < 1_000; row++) texts.push(String(column.get(row)));
    if (texts.length === 1_000) return texts;
  }
  return texts;
}

test("a single text of Google's, and a query that says so", async (t) => {
  const { url } = await startFor(t, { models });
  const content = { parts: [{ text: "cats sleep" }] };
  const single = await post(`${url}/v1beta/models/${model}:embedContent`, {
    content,
    taskType: "RETRIEVAL_QUERY",
  });
  const { embedding } = single.json as unknown as { embedding: { values: number[] } };
  assert.equal(embedding.values.length, 128);
  const wrong = await post(`${url}/v1beta/models/${model}:embedContent`, { content, taskType: "SOMETHING" });
  assert.deepEqual(
    [wrong.status, (errorOf(wrong) as unknown as { status: string }).status],
    [400, "INVALID_ARGUMENT"],
  );
});

test("refusals in each format's own words", async (t) => {
  const { url } = await startFor(t, { models, limits: { requestsPerMin: 1, burstSeconds: 60 } });
  const ask = (name: string): Promise<Answer> => post(url + clients[name]!.path, clients[name]!.body(["a"]));
  assert.equal((await ask("OpenAI, numbers")).status, 200);
  assert.equal(errorOf(await ask("Mistral")).code, "rate_limit_exceeded");
  const google = (await ask("Google")).json as unknown as { error: { code: number; status: string } };
  assert.deepEqual([google.error.code, google.error.status], [429, "RESOURCE_EXHAUSTED"]);
  assert.match(String((await ask("Cohere")).json["message"]), /Rate limit/);
  const tei = await ask("TEI");
  assert.deepEqual([tei.status, tei.json["error_type"] as unknown], [429, "Overloaded"]);
  assert.match(String((await ask("Ollama")).json["error"]), /Rate limit/);
  const missing = await post(`${url}/api/embed`, { model: "other", input: "a" });
  assert.deepEqual(
    [missing.status, String(missing.json["error"])],
    [404, "model not found, try pulling it first"],
  );
  const many = await post(`${url}/v2/embed`, clients["Cohere"]!.body(Array.from({ length: 97 }, () => "a")));
  assert.match(String(many.json["message"]), /at most 96 items/);
});

test("Ollama lists its models with their digest, with and without the tag", async (t) => {
  const { url } = await startFor(t, { models: [{ ...models[0]!, name: "potion" }] });
  const { models: tags } = (await get(`${url}/api/tags`)).json as unknown as {
    models: { name: string; digest: string }[];
  };
  assert.equal(tags[0]!.name, "potion:latest");
  assert.match(tags[0]!.digest, /^[0-9a-f]{64}$/);
  for (const name of ["potion", "potion:latest"]) {
    const { status, json } = await post(`${url}/api/embed`, { model: name, input: ["a"] });
    assert.deepEqual([status, (json as unknown as OllamaShape).model], [200, name]);
    const shown = (await post(`${url}/api/show`, { model: name })).json as unknown as {
      model_info: Record<string, number>;
    };
    assert.equal(shown.model_info["bert.embedding_length"], 128);
  }
  assert.equal((await post(`${url}/api/show`, { model: "none" })).status, 404);
  assert.equal((await post(`${url}/api/show`, "{")).status, 400);
  assert.equal((await get(`${url}/api/version`)).status, 200);
});

test("TEI tells its limits, and what texts are made of", async (t) => {
  const { url } = await startFor(t, { models, limits: { itemsPerRequest: 32 } });
  const info = (await get(`${url}/info`)).json as Record<string, unknown>;
  assert.deepEqual([info["model_id"], info["max_client_batch_size"]], [model, 32]);
  const { json } = await post(`${url}/tokenize`, { inputs: ["cats naps", "trains"] });
  const tokens = json as unknown as { id: number; text: string; special: boolean }[][];
  assert.deepEqual(
    tokens.map((text) => text.map((token) => token.text)),
    [["cats", "nap", "s"], ["trains"]],
  );
  const ids = tokens.map((text) => text.map(({ id }) => id));
  const fromIds = await post(`${url}/embed`, { inputs: ids });
  assert.deepEqual(fromIds.json, (await post(`${url}/embed`, { inputs: ["cats naps", "trains"] })).json);
  assert.equal((await post(`${url}/embed`, { inputs: Array.from({ length: 33 }, () => "a") })).status, 413);
  assert.equal((await post(`${url}/embed`, { inputs: 7 })).status, 422);
});
