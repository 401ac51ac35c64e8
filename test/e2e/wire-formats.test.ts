/** A corpus through each wire format of the servers that people run: what is stored is the provider's, bit for bit. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openSource } from "../../src/corpus/open-source.ts";
import { post, startFor } from "../mock-provider/mock-client.ts";
import { readColumn } from "../support/read-column.ts";
import { mustRunHere } from "../support/run-here.ts";
import { sharedFolder, withoutShared } from "../support/shared-folder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const dimensions = 128;
const models = ["tei-model-1", "text-embedding-3-small", "nomic-embed-text:v1.5"] as const;
const [teiModel, openAiModel, ollamaModel] = models;
/** Texts that one question may hold in each format. */
const textsOfQuestion = 100;

interface Format {
  readonly reference: (url: string) => string;
  /** Asks a server in its own format, without any of our code, and reads the answer's numbers. */
  ask(url: string, texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

const formats: Readonly<Record<string, Format>> = {
  "OpenAI's": {
    reference: (url) => `openai:${openAiModel}?dimensions=${dimensions}&baseUrl=${url}`,
    async ask(url, input) {
      const { json } = await post(`${url}/v1/embeddings`, { model: openAiModel, input, dimensions });
      return (json["data"] as unknown as { embedding: number[] }[]).map(({ embedding }) => embedding);
    },
  },
  "text-embeddings-inference's": {
    reference: (url) => `openai-compatible:${teiModel}?dimensions=${dimensions}&baseUrl=${url}`,
    async ask(url, inputs) {
      return (await post(`${url}/embed`, { inputs })).json as unknown as number[][];
    },
  },
  "Ollama's": {
    reference: (url) => `ollama:${ollamaModel}?dimensions=${dimensions}&acceptMutable=true&baseUrl=${url}`,
    async ask(url, input) {
      const { json } = await post(`${url}/api/embed`, { model: ollamaModel, input, dimensions });
      return json["embeddings"] as unknown as number[][];
    },
  },
};

/** Fills a version through each format, and compares what is stored with what the server answers. */
async function compare(context: TestContext, texts: readonly string[]): Promise<void> {
  const cwd = await temporaryFolder(context);
  const mock = await startFor(context, {
    models: models.map((name) => ({ name, reference: "bundled:potion-base-4m-int8", dimensions })),
  });
  const source = join(cwd, "docs.jsonl");
  await writeFile(source, texts.map((text, id) => JSON.stringify({ id: `k${id}`, text })).join("\n"));
  const db = join(cwd, "db");
  const at = ["--db", db, "--table", "docs"];
  const env = { OPENAI_API_KEY: "sk-test", REEMBED_PROVIDER_LIMITS_FOLDER: join(cwd, "limits") };
  await mustRunHere(["import", source, "--key", "id", "--text", "text", ...at], { cwd, env });
  for (const [index, [name, { reference, ask }]] of Object.entries(formats).entries()) {
    const version = `v${index + 1}`;
    const to = ["--to", reference(mock.url), "--name", version, "--index", "none"];
    const filled = await mustRunHere(["backfill", ...to, ...at], { cwd, env });
    assert.equal(Number(filled["embedded"]) + Number(filled["deduplicated"]), texts.length, name);
    const stored = await readColumn(db, "docs", "id", `vector_${version}`);
    for (let from = 0; from < texts.length; from += textsOfQuestion) {
      const answered = await ask(mock.url, texts.slice(from, from + textsOfQuestion));
      for (const [row, numbers] of answered.entries()) {
        const vector = stored.get(`k${from + row}`);
        assert.ok(vector !== null && vector !== undefined, `${name} k${from + row}`);
        const bits = Buffer.from(Float32Array.from(numbers).buffer);
        assert.ok(bits.equals(Buffer.from(vector.buffer)), `${name} k${from + row}`);
      }
    }
  }
}

test("some texts through OpenAI's, TEI's and Ollama's format: the provider's vectors, unchanged", (context) =>
  compare(
    context,
    Array.from({ length: 150 }, (_, index) => `page ${index}: how to list files, "quoted" é 漢字 🎉`),
  ));

test("the first 1,000 tldr pages through the same", { skip: withoutShared }, async (context) => {
  const texts: string[] = [];
  const pages = await openSource(join(sharedFolder, "data", "tldr-pages.parquet"), "auto");
  for await (const { batch } of pages.batches()) {
    for (const text of batch.getChild("text") ?? []) if (texts.length < 1_000) texts.push(String(text));
    if (texts.length === 1_000) break;
  }
  assert.equal(texts.length, 1_000);
  await compare(context, texts);
});
