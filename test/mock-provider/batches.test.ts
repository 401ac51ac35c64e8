import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { openFileStore } from "../../src/mock-provider/batch/file-store.ts";
import type { MockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { embed, errorOf, get, post, startFor } from "./mock-client.ts";

const model = "potion-base-4m-int8";
const pace = { validatingSeconds: 60, secondsPerRequest: 1, finalizingSeconds: 60 };

interface BatchBody {
  readonly id: string;
  readonly status: string;
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly errors: { readonly data: readonly { readonly code: string }[] } | null;
  readonly request_counts: { readonly total: number; readonly completed: number; readonly failed: number };
}

interface Line {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: { readonly data: { embedding: number[] }[] };
  } | null;
  readonly error: { readonly code: string } | null;
}

const request = (id: string, input: unknown) => ({
  custom_id: id,
  method: "POST",
  url: "/v1/embeddings",
  body: { model, input, encoding_format: "float" },
});

async function upload(url: string, lines: readonly object[]): Promise<string> {
  const form = new FormData();
  form.set("purpose", "batch");
  form.set("file", new File([lines.map((line) => JSON.stringify(line)).join("\n")], "input.jsonl"));
  const response = await fetch(`${url}/v1/files`, { method: "POST", body: form });
  assert.equal(response.status, 200);
  return ((await response.json()) as { id: string }).id;
}

async function create(url: string, lines: readonly object[]): Promise<BatchBody> {
  const body = {
    input_file_id: await upload(url, lines),
    endpoint: "/v1/embeddings",
    completion_window: "24h",
    metadata: { run: "one" },
  };
  return (await post(`${url}/v1/batches`, body)).json as unknown as BatchBody;
}

async function read(url: string, id: string): Promise<BatchBody> {
  return (await get(`${url}/v1/batches/${id}`)).json as unknown as BatchBody;
}

/** Asks until the batch's work is done; the clock is where the test put it. */
async function readUntil(url: string, id: string, status: string): Promise<BatchBody> {
  for (;;) {
    const batch = await read(url, id);
    if (batch.status === status) return batch;
    assert.ok(["finalizing", "cancelling"].includes(batch.status), `${batch.status} leads to ${status}`);
  }
}

async function linesOf(url: string, file: string | null): Promise<Line[]> {
  const response = await fetch(`${url}/v1/files/${file}/content`);
  assert.equal(response.status, 200);
  return (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const startHere = (
  t: Parameters<typeof startFor>[0],
  faults: Parameters<MockProvider["setFaults"]>[0] = {},
) => startFor(t, { batches: pace, faults, countTexts: true });

test("from upload to output, with the vectors and half the price of single requests", async (t) => {
  const { url, advanceClock, ledger } = await startHere(t);
  const batch = await create(url, [request("a", ["cats sleep", "trains leave"]), request("b", "bread")]);
  assert.equal(batch.status, "validating");
  advanceClock(60_000);
  assert.equal((await read(url, batch.id)).status, "in_progress");
  advanceClock(2_000);
  assert.equal((await read(url, batch.id)).status, "finalizing");
  assert.equal(ledger().items, 0);
  advanceClock(60_000);
  const done = await readUntil(url, batch.id, "completed");
  assert.deepEqual(done.request_counts, { total: 2, completed: 2, failed: 0 });
  assert.equal(done.error_file_id, null);
  const lines = await linesOf(url, done.output_file_id);
  assert.deepEqual(
    lines.map((line) => line.custom_id),
    ["a", "b"],
  );
  const books = ledger();
  assert.deepEqual([books.batches, books.batchItems, books.items], [1, 3, 3]);
  assert.equal(books.batchTokens, books.tokens);
  assert.equal(books.cost, (books.tokens * 0.02) / 1e6 / 2);
  const live = await embed(url, { model, input: ["cats sleep", "trains leave"] });
  assert.deepEqual(lines[0]!.response!.body.data, live.data);
  assert.deepEqual(ledger().texts, { distinct: 3, repeated: 2 });
});

test("one that expires gives what was done, and says of the rest that it was not", async (t) => {
  const { url, advanceClock, ledger } = await startFor(t, {
    batches: { ...pace, secondsPerRequest: 40_000 },
  });
  const batch = await create(
    url,
    ["a", "b", "c"].map((id) => request(id, id)),
  );
  advanceClock(24 * 60 * 60 * 1_000);
  const done = await readUntil(url, batch.id, "expired");
  assert.deepEqual(done.request_counts, { total: 3, completed: 2, failed: 1 });
  assert.equal((await linesOf(url, done.output_file_id)).length, 2);
  const [missed] = await linesOf(url, done.error_file_id);
  assert.deepEqual([missed!.custom_id, missed!.response, missed!.error!.code], ["c", null, "batch_expired"]);
  assert.equal(ledger().items, 2);
});

test("one that is cancelled ends with what was done", async (t) => {
  const { url, advanceClock } = await startHere(t);
  const batch = await create(
    url,
    ["a", "b", "c"].map((id) => request(id, id)),
  );
  advanceClock(61_000);
  const cancelled = await post(`${url}/v1/batches/${batch.id}/cancel`, {});
  assert.equal(cancelled.json["status"], "cancelling");
  advanceClock(60_000);
  const done = await readUntil(url, batch.id, "cancelled");
  assert.deepEqual(done.request_counts, { total: 3, completed: 1, failed: 2 });
  assert.equal((await linesOf(url, done.error_file_id))[0]!.error!.code, "batch_cancelled");
});

test("an input that is wrong fails the whole batch, and costs nothing", async (t) => {
  const { url, advanceClock, ledger } = await startHere(t);
  const batch = await create(url, [request("a", "x"), request("a", "y")]);
  advanceClock(60_000);
  const failed = await read(url, batch.id);
  assert.deepEqual([failed.status, failed.errors!.data[0]!.code], ["failed", "duplicate_custom_id"]);
  assert.deepEqual([failed.request_counts.total, failed.output_file_id, ledger().items], [0, null, 0]);
});

test("refused lines stand in the error file; spoilt output is missing, twice and out of order", async (t) => {
  const { url, advanceClock, setFaults } = await startHere(t, { poison: [{ text: "poison", status: 400 }] });
  const inputs = ["a", "poison", "", "d"];
  const run = async () => {
    const batch = await create(
      url,
      inputs.map((input, place) => request(`r${place}`, [input])),
    );
    advanceClock(200_000);
    const done = await readUntil(url, batch.id, "completed");
    return { done, output: (await linesOf(url, done.output_file_id)).map((line) => line.custom_id) };
  };
  const { done, output } = await run();
  assert.deepEqual(output, ["r0", "r3"]);
  const errors = await linesOf(url, done.error_file_id);
  assert.deepEqual(
    errors.map((line) => [line.custom_id, line.response!.status_code]),
    [
      ["r1", 400],
      ["r2", 400],
    ],
  );
  setFaults({ reorder: 1 });
  assert.deepEqual((await run()).output, ["r3", "r0"]);
  setFaults({ reorder: 0, missingItems: 1 });
  assert.deepEqual((await run()).output, ["r0"]);
  setFaults({ missingItems: 0, duplicateIndex: 1 });
  assert.deepEqual((await run()).output, ["r0", "r0", "r3"]);
});

test("batches are listed in pages, files are described and deleted", async (t) => {
  const { url } = await startHere(t);
  const ids: string[] = [];
  for (const id of ["a", "b", "c"]) ids.push((await create(url, [request(id, id)])).id);
  const page = (await get(`${url}/v1/batches?limit=2`)).json as unknown as {
    data: BatchBody[];
    has_more: boolean;
  };
  assert.deepEqual([page.data.map(({ id }) => id), page.has_more], [[ids[2], ids[1]], true]);
  const rest = (await get(`${url}/v1/batches?limit=2&after=${ids[1]}`)).json as unknown as {
    data: BatchBody[];
  };
  assert.deepEqual(
    rest.data.map(({ id }) => id),
    [ids[0]],
  );
  const file = await upload(url, [request("d", "d")]);
  assert.equal((await get(`${url}/v1/files/${file}`)).json["filename"], "input.jsonl");
  assert.equal((await fetch(`${url}/v1/files/${file}`, { method: "DELETE" })).status, 200);
  assert.equal((await get(`${url}/v1/files/${file}`)).status, 404);
  const lost = { input_file_id: file, endpoint: "/v1/embeddings", completion_window: "24h" };
  assert.equal((await post(`${url}/v1/batches`, lost)).status, 404);
  assert.match(
    errorOf(await post(`${url}/v1/batches`, { ...lost, completion_window: "1h" })).message,
    /one of 24h/,
  );
  assert.equal((await get(`${url}/v1/batches/batch_none`)).status, 404);
  assert.equal((await post(`${url}/v1/files`, { purpose: "batch" })).status, 400);
});

test("files lie on disk until the server ends", async () => {
  const files = openFileStore(() => 0);
  const uploaded = await files.put("a.jsonl", Buffer.from("12345"));
  const { stream, finish } = await files.write("b.jsonl");
  stream.write("123");
  const written = await finish();
  assert.deepEqual(
    [uploaded.bytes, written.bytes, uploaded.purpose, written.purpose],
    [5, 3, "batch", "batch_output"],
  );
  assert.ok(existsSync(uploaded.path) && existsSync(written.path));
  await files.close();
  assert.ok(!existsSync(uploaded.path) && !existsSync(dirname(written.path)));
});
