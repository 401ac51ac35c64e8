import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { countTokens, encode } from "gpt-tokenizer/encoding/cl100k_base";
import { openLane, planOf, potion, rowOf } from "../lanes/open-lane.ts";
import { cosine, embed, errorOf, floatsOf, get, post, startFor } from "./mock-client.ts";

const texts = ["cats sleep most of the day", "a kitten naps all day long", "the train leaves at noon"];
const own = "potion-base-4m-int8";

test("vectors are the model's own, in JSON and in base64", async (t) => {
  const { url } = await startFor(t);
  const lane = await openLane(t, potion, 1);
  const expected = await lane.embed(texts, { purpose: "document" });
  const floats = await embed(url, { model: own, input: texts });
  const base64 = await embed(url, { model: own, input: texts, encoding_format: "base64" });
  for (let row = 0; row < texts.length; row++) {
    const wanted = rowOf(expected.vectors, row, potion.dimensions);
    assert.deepEqual([...Float32Array.from(floats.data[row]!.embedding as number[])], wanted);
    assert.deepEqual([...floatsOf(base64.data[row]!.embedding as string)], wanted);
  }
  assert.deepEqual(
    floats.data.map(({ index }) => index),
    [0, 1, 2],
  );
  assert.equal(floats.model, own);
  // "naps" is two pieces of this vocabulary.
  assert.equal(floats.usage.total_tokens, 6 + 7 + 5);
});

test("a wider model keeps the angles of its own, also when fewer dimensions are asked for", async (t) => {
  const { url } = await startFor(t);
  const narrow = (await embed(url, { model: own, input: texts })).data.map(
    ({ embedding }) => embedding as number[],
  );
  const model = "text-embedding-3-small";
  const wide = (await embed(url, { model, input: texts })).data.map(({ embedding }) => embedding as number[]);
  const cut = (await embed(url, { model, input: texts, dimensions: 128 })).data;
  assert.equal(wide[0]!.length, 1_536);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    assert.ok(Math.abs(cosine(wide[a]!, wide[b]!) - cosine(narrow[a]!, narrow[b]!)) < 1e-5);
  }
  assert.ok(cosine(cut[0]!.embedding as number[], narrow[0]!) > 1 - 1e-6);
  assert.ok(Math.abs(Math.hypot(...wide[0]!) - 1) < 1e-5);
  assert.ok(Math.abs(Math.hypot(...(cut[0]!.embedding as number[])) - 1) < 1e-5);
});

test("token ids are answered as their text is, and cost as many tokens", async (t) => {
  const { url } = await startFor(t);
  const file = await readFile(join(planOf(potion).folder, "tokenizer.json"), "utf8");
  const { vocab } = (JSON.parse(file) as { model: { vocab: Record<string, number> } }).model;
  const ids = [vocab["cats"], vocab["sleep"]];
  const [text] = (await embed(url, { model: own, input: "cats sleep" })).data;
  const single = await embed(url, { model: own, input: ids });
  const several = await embed(url, { model: own, input: [ids, ids] });
  assert.deepEqual(single.data[0]!.embedding, text!.embedding);
  assert.equal(single.usage.prompt_tokens, 2);
  assert.equal(several.data.length, 2);
  assert.equal(several.usage.prompt_tokens, 4);
  const unknown = await post(`${url}/v1/embeddings`, { model: own, input: [[999_999]] });
  assert.equal(unknown.status, 400);
});

test("what a request may hold is limited, each limit in its own words", async (t) => {
  const { url, ledger } = await startFor(t, {
    limits: { itemsPerRequest: 3, tokensPerInput: 10, tokensPerRequest: 20, bytesPerRequest: 2_000 },
  });
  const ask = (body: unknown) => post(`${url}/v1/embeddings`, body);
  const many = await ask({ model: own, input: ["a", "b", "c", "d"] });
  assert.deepEqual([many.status, errorOf(many).message.includes("at most 3 items")], [400, true]);
  const long = await ask({ model: own, input: ["word ".repeat(11)] });
  assert.match(errorOf(long).message, /maximum input length is 10 tokens, and this has 11/);
  const full = await ask({ model: own, input: Array.from({ length: 3 }, () => "word ".repeat(9)) });
  assert.equal(errorOf(full).code, "max_tokens_per_request");
  assert.equal((await ask({ model: own, input: "x".repeat(2_000) })).status, 413);
  assert.equal((await ask({ model: own, input: [""] })).status, 400);
  assert.equal((await ask({ model: own, input: [] })).status, 400);
  assert.equal((await ask({ model: own, input: "a", dimensions: 129 })).status, 400);
  assert.equal((await ask({ model: own, input: "a", encoding_format: "hex" })).status, 400);
  assert.equal((await ask("{")).status, 400);
  const missing = await ask({ model: "none", input: "a" });
  assert.deepEqual([missing.status, errorOf(missing).code], [404, "model_not_found"]);
  assert.equal((await ask({ model: own, input: ["a", "b", "c"] })).status, 200);
  const books = ledger();
  assert.deepEqual([books.answered, books.items], [1, 3]);
  // The body that was too long never became a question.
  assert.deepEqual(books.refused, { "too-large": 4, invalid: 5, "model-missing": 1 });
});

test("a key is asked for where one is set", async (t) => {
  const { url } = await startFor(t, { apiKey: "sk-test" });
  const body = { model: own, input: "a" };
  const without = await post(`${url}/v1/embeddings`, body);
  assert.deepEqual([without.status, errorOf(without).code], [401, "invalid_api_key"]);
  assert.equal((await post(`${url}/v1/embeddings`, body, { authorization: "Bearer sk-tesT" })).status, 401);
  for (const headers of [
    { authorization: "Bearer sk-test" },
    { "api-key": "sk-test" },
    { "x-goog-api-key": "sk-test" },
  ]) {
    assert.equal((await post(`${url}/v1/embeddings`, body, headers as Record<string, string>)).status, 200);
  }
});

test("models are listed, and what is not there is not found", async (t) => {
  const { url } = await startFor(t);
  const { data } = (await get(`${url}/v1/models`)).json as unknown as { data: { id: string }[] };
  assert.ok(data.some(({ id }) => id === "text-embedding-3-large"));
  assert.equal((await get(`${url}/v1/models/text-embedding-3-small`)).status, 200);
  assert.equal((await get(`${url}/v1/models/none`)).status, 404);
  assert.equal((await get(`${url}/v2/else`)).status, 404);
});

test("OpenAI's names count by OpenAI's vocabulary, and read its ids", async (t) => {
  const { url } = await startFor(t);
  const model = "text-embedding-3-small";
  const asked = ["cats sleep most of the day", "Zürich: 🚀 <|endoftext|>", "数据"];
  const asText = { disallowedSpecial: new Set<string>() };
  const { usage, data } = await embed(url, { model, input: asked });
  const counted = asked.map((text) => countTokens(text, asText));
  assert.equal(
    usage.total_tokens,
    counted.reduce((sum, count) => sum + count, 0),
  );
  const ids = asked.map((text) => encode(text, asText));
  const fromIds = await embed(url, { model, input: ids });
  assert.deepEqual(fromIds.data, data);
  assert.equal(fromIds.usage.total_tokens, usage.total_tokens);
});
