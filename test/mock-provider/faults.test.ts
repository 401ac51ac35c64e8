import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "../../src/mock-provider/chance.ts";
import { drawLatencyMs } from "../../src/mock-provider/latency.ts";
import { planFaults } from "../../src/mock-provider/plan-faults.ts";
import { type MockFaults, noFaults } from "../../src/mock-provider/settings.ts";
import { cosine, embed, errorOf, floatsOf, get, post, startFor } from "./mock-client.ts";

const model = "potion-base-4m-int8";
const input = ["cats sleep most of the day", "the train leaves at noon", "bread is made of flour"];
const ask = (url: string, body: object = {}) => post(`${url}/v1/embeddings`, { model, input, ...body });

async function startWith(t: Parameters<typeof startFor>[0], faults: Partial<MockFaults>) {
  return startFor(t, { faults });
}

test("faults fall on the share asked for, the same ones for the same seed", () => {
  const faults = { ...noFaults, error429: 0.05, error5xx: 0.02 };
  const plan = (seed: number) =>
    Array.from({ length: 10_000 }, (_, number) => planFaults(faults, seed, number).refusal?.status ?? 200);
  const statuses = plan(7);
  assert.deepEqual(statuses, plan(7));
  assert.notDeepEqual(statuses, plan(8));
  const share = (wanted: (status: number) => boolean) => statuses.filter(wanted).length / statuses.length;
  assert.ok(Math.abs(share((status) => status === 429) - 0.05) < 0.008);
  assert.ok(Math.abs(share((status) => status >= 500) - 0.02) < 0.005);
  assert.deepEqual(new Set(statuses), new Set([200, 429, 500, 502, 503]));
});

function hitByNan(faults: MockFaults): boolean[] {
  return Array.from({ length: 500 }, (_, number) => planFaults(faults, 3, number).answer.has("nan"));
}

test("one fault more leaves the others where they were", () => {
  const alone = { ...noFaults, nan: 0.1 };
  assert.deepEqual(hitByNan(alone), hitByNan({ ...alone, reorder: 0.5 }));
});

/** Latencies of many requests, in order of size. */
function drawMany(sigma: number): number[] {
  return Array.from({ length: 4_001 }, (_, number) =>
    drawLatencyMs({ medianMs: 100, sigma, perTokenMs: 0 }, 1, number, 0),
  ).toSorted((a, b) => a - b);
}

test("latency has the median and the spread asked for", () => {
  assert.deepEqual(new Set(drawMany(0)), new Set([100]));
  const spread = drawMany(0.5);
  assert.ok(Math.abs(spread[2_000]! - 100) < 6);
  // The 97.7th percentile of a lognormal lies two sigma up.
  assert.ok(Math.abs(Math.log(spread[Math.floor(4_001 * 0.977)]! / 100) - 1) < 0.1);
  assert.equal(drawLatencyMs({ medianMs: 10, sigma: 0, perTokenMs: 0.5 }, 1, 1, 100), 60);
  assert.ok(
    Array.from({ length: 1_000 }, (_, i) => chance(1, i, "x")).every((drawn) => drawn >= 0 && drawn < 1),
  );
});

test("refusals come with the hint asked for, or none", async (t) => {
  const { url, setFaults, ledger } = await startWith(t, { error429: 1 });
  const seconds = await ask(url);
  assert.deepEqual([seconds.status, seconds.headers.get("retry-after")], [429, "1"]);
  setFaults({ error429Hint: "milliseconds" });
  assert.equal((await ask(url)).headers.get("retry-after-ms"), "1000");
  setFaults({ error429Hint: "none" });
  const silent = await ask(url);
  assert.deepEqual([silent.headers.get("retry-after"), silent.headers.get("retry-after-ms")], [null, null]);
  setFaults({ error429: 0, error5xx: 1 });
  const broken = await ask(url);
  assert.ok(broken.status >= 500);
  assert.equal(errorOf(broken).type, "server_error");
  setFaults({ error5xx: 0 });
  assert.equal((await ask(url)).status, 200);
  const books = ledger();
  assert.deepEqual(books.refused, { "random-429": 3, "random-5xx": 1 });
  assert.deepEqual([books.requests, books.answered, books.items], [5, 1, 3]);
});

test("items out of order, missing, twice, too short, or no numbers", async (t) => {
  const { url, setFaults, ledger } = await startWith(t, { reorder: 1 });
  const right = await startWith(t, {});
  const expected = (await embed(right.url, { model, input })).data;
  const one = async (faults: Partial<MockFaults>, body: object = {}) => {
    setFaults({ reorder: 0, missingItems: 0, duplicateIndex: 0, nan: 0, wrongDimension: 0, ...faults });
    return (await embed(url, { model, input, ...body })).data;
  };
  const reordered = await one({ reorder: 1 });
  assert.deepEqual(
    reordered.map(({ index }) => index),
    [2, 1, 0],
  );
  assert.deepEqual(reordered.toReversed(), expected);
  assert.deepEqual(await one({ missingItems: 1 }), expected.slice(0, 2));
  assert.deepEqual(
    (await one({ duplicateIndex: 1 })).map(({ index }) => index),
    [0, 0, 2],
  );
  assert.deepEqual(
    new Set((await one({ wrongDimension: 1 })).map(({ embedding }) => embedding.length)),
    new Set([127]),
  );
  const [nan] = await one({ nan: 1 });
  assert.equal((nan!.embedding as unknown[])[0], null);
  const [bits] = await one({ nan: 1 }, { encoding_format: "base64" });
  assert.ok(Number.isNaN(floatsOf(bits!.embedding as string)[0]));
  assert.deepEqual(ledger().faults, {
    reorder: 1,
    missingItems: 1,
    duplicateIndex: 1,
    wrongDimension: 1,
    nan: 2,
  });
});

test("another model answers and says so", async (t) => {
  const { url } = await startWith(t, { otherModel: 1, otherModelName: "cheap-001" });
  const right = await startWith(t, {});
  const other = await embed(url, { model, input });
  const expected = await embed(right.url, { model, input });
  assert.equal(other.model, "cheap-001");
  assert.ok(cosine(other.data[0]!.embedding as number[], expected.data[0]!.embedding as number[]) < 0.2);
});

test("weights change after so many requests, by the distance asked for", async (t) => {
  const { url } = await startWith(t, { driftAfter: 1, driftDistance: 0.08 });
  const vectors = async () =>
    (await embed(url, { model, input })).data.map(({ embedding }) => embedding as number[]);
  const before = await vectors();
  const after = await vectors();
  assert.deepEqual(await vectors(), after);
  for (const [row, vector] of before.entries()) {
    assert.ok(Math.abs(1 - cosine(vector, after[row]!) - 0.08) < 1e-4);
    assert.ok(Math.abs(Math.hypot(...after[row]!) - 1) < 1e-4);
  }
});

async function firstVector(url: string): Promise<number[]> {
  return (await embed(url, { model, input })).data[0]!.embedding as number[];
}

/** The largest difference of two components. */
function apart(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, place) => Math.abs(value - b[place]!)));
}

test("jitter moves each component a little, differently each time", async (t) => {
  const { url } = await startWith(t, { jitter: 0.0005 });
  const right = await startWith(t, {});
  const [first, second, exact] = [
    await firstVector(url),
    await firstVector(url),
    await firstVector(right.url),
  ];
  assert.ok(apart(first, exact) > 0.0003 && apart(first, exact) <= 0.0005 + 1e-7);
  assert.ok(apart(first, second) > 0.0003);
});

test("a poisoned input spoils its whole request, and is not paid for", async (t) => {
  const { url, setFaults, ledger } = await startWith(t, { poison: [{ text: "train", status: 400 }] });
  assert.equal((await ask(url)).status, 400);
  assert.equal((await ask(url, { input: [input[0], input[2]] })).status, 200);
  setFaults({ poison: [{ text: "train", status: 500 }] });
  assert.equal((await ask(url)).status, 500);
  assert.deepEqual([ledger().refused, ledger().items], [{ poisoned: 2 }, 2]);
});

test("a body that is cut ends the connection and is paid; a slow one arrives whole", async (t) => {
  const { url, setFaults, ledger } = await startWith(t, { cutBody: 1 });
  await assert.rejects(ask(url), /terminated|fetch failed|aborted|other side closed/);
  assert.equal(ledger().items, 3);
  setFaults({ cutBody: 0, slowBody: 1, slowBodyMs: 20 });
  assert.equal((await embed(url, { model, input })).data.length, 3);
  assert.deepEqual(ledger().faults, { cutBody: 1, slowBody: 1 });
});

test("a request that stalls is never answered, and the server still ends", async (t) => {
  const { url, ledger, close } = await startWith(t, { stall: 1 });
  const asked = ask(url);
  asked.catch(() => {});
  while (ledger().requests === 0) await new Promise((resolve) => setImmediate(resolve));
  await close();
  await assert.rejects(asked);
  assert.equal(ledger().answered, 0);
});

test("faults and books over HTTP: checked, changed, read and emptied", async (t) => {
  const { url, textCounts } = await startFor(t, { countTexts: true });
  const change = (body: unknown) => post(`${url}/mock/faults`, body);
  assert.deepEqual((await change({ error429: 0.5 })).json, { ...noFaults, error429: 0.5 });
  for (const [body, message] of [
    [{ error42: 1 }, /there is no fault "error42"; did you mean error429\?/],
    [{ error429: 2 }, /error429 is a share from 0 to 1, not 2/],
    [{ poison: ["x"] }, /poison is/],
    [[], /faults are an object/],
    ["{", /JSON/],
  ] as const) {
    const refused = await change(body);
    assert.equal(refused.status, 400);
    assert.match(errorOf(refused).message, message);
  }
  await change({ error429: 0 });
  await ask(url, { input: ["a", "b", "a"] });
  await ask(url, { input: ["b"] });
  const read = async () => (await get(`${url}/mock/ledger?texts=all`)).json as Record<string, unknown>;
  const books = await read();
  assert.deepEqual(books["texts"], { distinct: 2, repeated: 2 });
  assert.deepEqual(books["textCounts"], { a: 2, b: 2 });
  assert.equal(textCounts().get("a"), 2);
  await fetch(`${url}/mock/ledger`, { method: "DELETE" });
  assert.deepEqual((await read())["textCounts"], {});
  assert.equal((await post(`${url}/mock/clock`, { advanceMs: -1 })).status, 400);
});
