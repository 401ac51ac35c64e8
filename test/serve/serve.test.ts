import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import type { ActiveResult } from "../../src/core/verbs-jobs.ts";
import { runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { newTable, post, potion, startServing } from "./serving.ts";

interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

test("a table that is not there, or none, is refused before anything is listened on", async (context) => {
  const cwd = await temporaryFolder(context);
  const wrong = await runHere(["serve", "--table", "wrong", "--port", "0"], { cwd });
  assert.deepEqual([wrong.exitCode, wrong.last["code"]], [6, "REEMBED_STORE_TABLE_MISSING"]);
  const none = await runHere(["serve", "--port", "0"], { cwd });
  assert.equal(none.exitCode, 2);
  assert.ok(![...wrong.lines, ...none.lines].some(({ event }) => event === "serve:listening"));
});

test("health, the active version, searches and metrics; then a clean end", async (context) => {
  const { cwd, reembed } = await newTable(context);
  const serving = await startServing(context, cwd, { args: ["--every", "1s"] });
  const { url } = serving;

  const health = await fetch(`${url}/healthz`);
  assert.deepEqual([health.status, await health.json()], [200, { live: true, ready: true, reason: null }]);

  const active = (await (await fetch(`${url}/active`)).json()) as ActiveResult;
  assert.equal(active.version, "v1");
  assert.equal(active.model, potion);
  assert.equal(active.spaceId, (await reembed.active()).spaceId);
  assert.equal(active.space.dimensions, 128);

  const answer = await post(url, { text: "a cat near a river", limit: 3, where: "place < 5" });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const found = (await answer.json()) as { version: string; hits: { key: string; row: { place: number } }[] };
  const expected = await reembed.search({ text: "a cat near a river", limit: 3, where: "place < 5" });
  assert.deepEqual(
    [found.version, found.hits.map(({ key }) => key)],
    ["v1", expected.hits.map(({ key }) => key)],
  );
  assert.ok(found.hits.every(({ row }) => row.place < 5));

  const vector = Array.from({ length: 128 }, (_, at) => (at === 0 ? 1 : 0));
  const own = await post(url, { vector, spaceId: active.spaceId, limit: 1 });
  assert.equal(own.status, 200);

  const refusals: readonly (readonly [unknown, number, string])[] = [
    [{ vector, spaceId: "0".repeat(64) }, 409, "REEMBED_SPACE_MISMATCH"],
    [{ vector }, 400, "REEMBED_USAGE"],
    [{ text: "cat", colour: "red" }, 400, "REEMBED_USAGE"],
    [{ text: "cat", limit: 0 }, 400, "REEMBED_USAGE"],
    ["{", 400, "REEMBED_USAGE"],
    [{ text: "cat", version: "v9" }, 404, "REEMBED_STORE_VERSION_MISSING"],
    [{ text: "cat", where: "nothing = 1" }, 400, "REEMBED_STORE_FILTER"],
    [{ text: "x".repeat(1_100_000) }, 413, "REEMBED_SERVE_BODY"],
  ];
  for (const [body, status, code] of refusals) {
    const refused = await post(url, body);
    const { error } = (await refused.json()) as Refusal;
    assert.deepEqual([refused.status, error.code], [status, code], error.message);
  }
  assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  assert.equal((await fetch(`${url}/search`)).status, 404);
  const form = await fetch(`${url}/search`, { method: "POST", body: "{}" });
  assert.equal(form.status, 415);

  // The jobs ran at the start and again a second later.
  while (serving.lines.filter(({ event }) => event === "jobs:finished").length < 2) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const text = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    /^reembed_table_rows 100$/m,
    /^reembed_version_covered_rows\{version="v1"\} 100$/m,
    /^reembed_version_missing_rows\{version="v1"\} 0$/m,
    /^reembed_active_version_info\{version="v1",column="[^"]+",space_id="[0-9a-f]{64}",model="bundled:potion-base-4m-int8"\} 1$/m,
    /^reembed_search_duration_seconds_count\{version="v1"\} 2$/m,
    /^reembed_errors_total\{code="REEMBED_SPACE_MISMATCH"\} 1$/m,
    /^reembed_http_requests_total\{route="\/search",status="413"\} 1$/m,
    /^reembed_jobs_seconds_since_success [0-9.]+$/m,
    /^reembed_canary_seconds_since_success [0-9.]+$/m,
  ]) {
    assert.match(text, line);
  }

  assert.equal(await serving.stop(), 0);
  const last = serving.lines.at(-1);
  assert.deepEqual([last?.["type"], last?.["searches"], last?.["failedJobRuns"]], ["result", 2, 0]);
});

test("a token is asked for everywhere but at the health, and is written nowhere", async (context) => {
  const { cwd } = await newTable(context);
  const token = "0123456789abcdef0123456789abcdef";
  const serving = await startServing(context, cwd, {
    args: ["--every", "never", "--host", "0.0.0.0"],
    env: { REEMBED_SERVE_TOKEN: token },
  });
  const url = serving.url.replace("0.0.0.0", "127.0.0.1");
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  for (const path of ["/active", "/metrics", "/nowhere"]) {
    const refused = await fetch(`${url}${path}`);
    assert.deepEqual([refused.status, refused.headers.get("www-authenticate")], [401, "Bearer"]);
  }
  for (const wrong of ["", "Bearer ", `Bearer ${token}0`, `Basic ${token}`, `Bearer ${token.slice(1)}`]) {
    assert.equal((await post(url, { text: "cat" }, { authorization: wrong })).status, 401, wrong);
  }
  assert.equal((await post(url, { text: "cat" }, bearer)).status, 200);
  assert.equal((await fetch(`${url}/active`, { headers: bearer })).status, 200);
  assert.equal(await serving.stop(), 0);
  assert.equal(serving.written().includes(token), false);
});

test("a page whose name was made to lead here is refused; so is too much at once", async (context) => {
  const { cwd } = await newTable(context);
  const serving = await startServing(context, cwd, {
    args: ["--every", "never", "--concurrency", "1", "--rate", "20"],
  });
  const { port } = new URL(serving.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request({ port, path: "/active", headers: { host: "evil.test" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
  assert.equal(status, 401);

  const many = await Promise.all(Array.from({ length: 90 }, () => post(serving.url, { text: "cat" })));
  const byStatus = Object.groupBy(many, (response) => String(response.status));
  assert.deepEqual(Object.keys(byStatus).toSorted(), ["200", "429", "503"]);
  for (const refused of [...(byStatus["429"] ?? []), ...(byStatus["503"] ?? [])]) {
    assert.equal(refused.headers.get("retry-after"), "1");
  }
  assert.equal(await serving.stop(), 0);
});

test("what is in flight when it is told to stop is answered", async (context) => {
  const { cwd } = await newTable(context);
  const serving = await startServing(context, cwd);
  // The first search starts the model, so it is still under way when the signal comes.
  const searching = post(serving.url, { text: "cat" });
  await new Promise((done) => setTimeout(done, 30));
  const [answer, code] = await Promise.all([searching, serving.stop()]);
  assert.deepEqual([answer.status, code], [200, 0]);
  await assert.rejects(fetch(`${serving.url}/healthz`));
});

test("what cannot be served is refused in words", async (context) => {
  const { cwd } = await newTable(context);
  const serving = await startServing(context, cwd);
  const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
  const refused = (...args: string[]): string => {
    const run = spawnSync(process.execPath, [main, "serve", "--table", "docs", "--db", "db", ...args], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, REEMBED_SERVE_TOKEN: "" },
    });
    assert.equal(run.status, 2, run.stderr);
    return run.stderr;
  };
  assert.match(refused("--host", "0.0.0.0"), /callers need a token/);
  assert.match(refused("--port", new URL(serving.url).port), /cannot be listened on: .*EADDRINUSE/);
  await serving.stop();
});
