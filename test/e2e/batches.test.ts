/** Backfills through a provider's batches: the real command line against the mock provider. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { batchScene, dimensions, paidAgain, type Passing } from "../support/batch-scene.ts";
import { readColumn } from "../support/read-column.ts";

const texts = Array.from({ length: 60 }, (_, index) => `a document about subject ${index}`);
/** The first text twice more, and one that cannot have a vector. */
const rows = [...texts, texts[0]!, texts[0]!, ""];

test("texts go out once, at half the price, and come back as the live vectors", async (context) => {
  const scene = await batchScene(context, rows);
  const run = await scene.backfill(["--batch"]);
  assert.equal(run.exitCode, 7, JSON.stringify(run.last));
  const books = scene.mock.ledger();
  assert.deepEqual([books.batches, books.batchItems], [1, texts.length]);
  assert.ok(paidAgain(scene, texts) <= 2);
  const { last } = run;
  const ledger = last["ledger"] as { batch: Record<string, unknown>; tokens: number };
  assert.deepEqual(ledger.batch, {
    ended: { completed: 1 },
    open: 0,
    texts: texts.length,
    vectors: texts.length,
    truncated: 0,
    tokens: books.batchTokens,
    cost: (books.batchTokens * 0.01) / 1e6,
  });
  assert.equal(last["state"], "active");
  assert.deepEqual([last["copied"], last["embedded"], last["skipped"]], [62, 0, 1]);

  const stored = await readColumn(join(scene.folder, "reembed-data"), "docs", "id", "vector_v1");
  const answer = await fetch(`${scene.mock.url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "text-embedding-3-small", input: texts[7], dimensions }),
  });
  const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
  assert.deepEqual([...(stored.get("k7") as Iterable<number>)], [...Float32Array.from(data[0]!.embedding)]);
  assert.deepEqual(stored.get("k60"), stored.get("k0"));

  // Nothing is left behind, here or there.
  const state = await readdir(join(scene.folder, "reembed-data", ".reembed"), { recursive: true });
  assert.deepEqual(
    state.filter((name) => /^(?:batches|spool)\/.*\./.test(name)),
    [],
  );
  const files = await fetch(`${scene.mock.url}/v1/files`);
  assert.deepEqual(((await files.json()) as { data: unknown[] }).data, []);
});

test("killed at any step, runs pay for no text twice", async (context) => {
  const scene = await batchScene(context, texts);
  /** Where each run is killed: as its request arrives, or before its answer leaves. */
  const kills: readonly (readonly ["before" | "after", string, RegExp])[] = [
    ["after", "POST", /^\/v1\/files$/],
    ["after", "POST", /^\/v1\/batches$/],
    ["after", "GET", /\/content$/],
    ["before", "DELETE", /^\/v1\/files/],
  ];
  for (const [when, method, path] of kills) {
    let child: { kill(signal: NodeJS.Signals): boolean } | null = null;
    const isHere = (passing: Passing): boolean => passing.method === method && path.test(passing.path);
    const end = (): void => void child?.kill("SIGKILL");
    scene.interference =
      when === "before"
        ? { before: (passing) => isHere(passing) && (end(), true) }
        : { after: (passing, body) => (isHere(passing) ? (end(), null) : body) };
    const run = await scene.backfill(["--batch"], {}, (started) => (child = started));
    assert.equal(run.signal, "SIGKILL", `${when} ${method} ${path.source}: ${JSON.stringify(run.last)}`);
  }
  scene.interference = {};
  const last = await scene.backfill(["--batch"]);
  assert.equal(last.exitCode, 0, JSON.stringify(last.last));
  const { batches, batchItems } = scene.mock.ledger();
  assert.deepEqual([batches, batchItems], [1, texts.length]);
  assert.ok(paidAgain(scene, texts) <= 2, String(paidAgain(scene, texts)));
});

test("sent and left, watched, and taken in by a later run; a live run in between is refused", async (context) => {
  const scene = await batchScene(context, texts, {
    batches: { validatingSeconds: 3_600, secondsPerRequest: 0, finalizingSeconds: 0 },
  });
  const sent = await scene.backfill(["--batch", "--no-wait"]);
  assert.equal(sent.exitCode, 0, JSON.stringify(sent.last));
  assert.match(String(sent.last["note"]), /run the same command again/);
  const { batch } = sent.last["ledger"] as { batch: { open: number } };
  assert.deepEqual([sent.last["state"], batch.open], ["backfilling", 1]);

  const live = await scene.backfill([]);
  assert.equal(live.exitCode, 2);
  assert.match(String(live.last["message"]), /a batch of version v1 is under way.*add --batch/);

  const interrupted = await scene.backfill(["--batch"], {}, (child) => {
    scene.interference.after = ({ path }, body) => {
      if (/batches\/batch/.test(path)) child.kill("SIGINT");
      return body;
    };
  });
  assert.equal(interrupted.exitCode, 130);
  const said = interrupted.lines.map(({ message }) => String(message)).join(" ");
  assert.match(said, /a batch stays with the provider; the same command goes on/);
  scene.interference = {};

  scene.mock.advanceClock(3_600_000);
  const done = await scene.backfill(["--batch"]);
  assert.equal(done.exitCode, 0, JSON.stringify(done.last));
  assert.deepEqual([done.last["state"], done.last["handled"]], ["active", texts.length]);
  assert.deepEqual([scene.mock.ledger().batches, scene.mock.ledger().batchItems], [1, texts.length]);
});

test("batches that cannot be had are refused, with what to do", async (context) => {
  const scene = await batchScene(context, texts.slice(0, 1));
  const refusals: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
    [["--shard", "1/2"], /leave --shard out/],
    [["--deadline", "tomorrow"], /deadline.*2026-08-01T18:00:00Z/],
  ];
  for (const [flags, message] of refusals) {
    const run = await scene.backfill(["--batch", ...flags]);
    assert.equal(run.exitCode, 2, JSON.stringify(run.last));
    assert.match(String(run.last["message"]), message);
  }
  const here = ["backfill", "--table", "docs", "--to", "bundled:potion-base-4m-int8", "--batch"];
  const run = await runCli(here, { cwd: scene.folder });
  assert.equal(run.exitCode, 2);
  assert.match(String(run.last["message"]), /computed here; leave --batch out/);
});
