/** The cache of query vectors on disk: what is found again, what never is, and how large it grows. */
import assert from "node:assert/strict";
import { copyFile, readdir, readFile, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { QueryCache } from "../../src/core/query-cache.ts";
import { openQueryCache } from "../../src/state/open-query-cache.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const spaceOf = (letter: string, dimensions = 8) => ({
  spaceId: letter.repeat(64),
  space: { dimensions },
});
const [ours, other] = [spaceOf("a"), spaceOf("b")];
const vector = (start: number, dimensions = 8): Float32Array =>
  Float32Array.from({ length: dimensions }, (_, index) => start + index / 8);

function open(folder: string, limitBytes = 4_000_000): QueryCache {
  return openQueryCache(folder, { limitBytes, nowMs: Date.now });
}

/** A cache with one query in it, and the path of its file. */
async function withEntry(context: TestContext): Promise<{ cache: QueryCache; folder: string; path: string }> {
  const folder = join(await temporaryFolder(context), "queries");
  const cache = open(folder);
  cache.keep(ours, "a cat", vector(1));
  await cache.close();
  return { cache, folder, path: (await filesOf(folder))[0] ?? "" };
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("what one process keeps another finds, by exact text and space", async (context) => {
  const { folder, path } = await withEntry(context);
  const second = open(folder);
  assert.deepEqual(await second.find(ours, "a cat"), vector(1));
  assert.equal(await second.find(ours, "a cat "), null);
  assert.equal(await second.find(other, "a cat"), null);
  assert.equal(await second.find(spaceOf("a", 16), "a cat"), null);
  assert.ok(!path.includes("cat") && !(await readFile(path)).includes("cat"), "the text stands in the clear");
  assert.deepEqual(await second.size(), { folder, queries: 1, bytes: 4096, limitBytes: 4_000_000 });
});

test("an entry that is damaged, cut short or of another space is never used", async (context) => {
  const { cache, folder, path } = await withEntry(context);
  const whole = await readFile(path);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1;
    await writeFile(path, damaged);
    assert.equal(await cache.find(ours, "a cat"), null, `byte ${at}`);
  }
  await writeFile(path, whole);
  await truncate(path, whole.length - 4);
  assert.equal(await cache.find(ours, "a cat"), null);

  await writeFile(path, whole);
  cache.keep(other, "a cat", vector(2));
  cache.keep(ours, "a dog", vector(3));
  await cache.close();
  const [otherPath, dogPath] = (await filesOf(folder)).filter((each) => each !== path);
  for (const foreign of [otherPath!, dogPath!]) {
    await copyFile(foreign, path);
    assert.equal(await cache.find(ours, "a cat"), null);
  }
});

test("a space whose model changed is forgotten, and no other", async (context) => {
  const { cache } = await withEntry(context);
  cache.keep(other, "a cat", vector(2));
  await cache.forget(ours.spaceId);
  assert.equal(await cache.find(ours, "a cat"), null);
  assert.deepEqual(await cache.find(other, "a cat"), vector(2));
});

test("on disk it stays within its bound, and lets go of what was not used for longest", async (context) => {
  const folder = join(await temporaryFolder(context), "queries");
  const limitBytes = 16 * 4 * 4096;
  const cache = open(folder, limitBytes);
  const old = new Date(Date.now() - 86_400_000);
  for (let query = 0; query < 100; query += 1) cache.keep(ours, `query ${query}`, vector(query));
  await cache.close();
  for (const path of await filesOf(folder)) await utimes(path, old, old);
  const kept = [];
  for (let query = 0; query < 100; query += 1) {
    if ((await cache.find(ours, `query ${query}`)) !== null) kept.push(query);
    if (kept.length === 8) break;
  }
  await cache.close();
  for (let query = 100; query < 130; query += 1) cache.keep(ours, `query ${query}`, vector(query));
  await cache.close();
  const { bytes, queries } = await cache.size();
  assert.ok(bytes <= limitBytes && queries > 20, `${queries} queries of ${bytes} bytes`);
  assert.deepEqual(await cache.find(ours, "query 129"), vector(129));
});

test("a folder that cannot be written is told once, and searches go on", async (context) => {
  const folder = join(await temporaryFolder(context), "queries");
  await writeFile(folder, "a file");
  const cache = open(folder);
  cache.keep(ours, "a cat", vector(1));
  await cache.close();
  assert.equal(await cache.find(ours, "a cat"), null);
  assert.match(cache.takeFlaw() ?? "", /cannot be kept in .*queries: /);
  assert.equal(cache.takeFlaw(), null);
});
