import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { searchMeanwhile } from "../../src/quickstart/search-meanwhile.ts";

const answer = (version: string, latencyMs: number) => ({
  version,
  fromCache: false,
  missing: { rows: 0, servedBy: null },
  spaceId: "s",
  hits: [],
  latencyMs,
});

test("searches until the work ends, and tells who answered", async () => {
  let searches = 0;
  const told = await searchMeanwhile(
    async () => {
      searches += 1;
      return answer("v1", searches * 10);
    },
    sleep(1100),
    undefined,
  );
  assert.equal(told.count, searches);
  assert.ok(told.count >= 1);
  assert.deepEqual(told.versions, ["v1"]);
  assert.equal(told.maxMs, searches * 10);
});

test("ends at once where the work fails, and leaves the failure to whoever awaits the work", async () => {
  const work = Promise.reject(new Error("broken"));
  const told = await searchMeanwhile(async () => answer("v1", 1), work, undefined);
  assert.ok(told.count <= 1);
  await assert.rejects(work, /broken/);
});

test("a search that fails is not hidden", async () => {
  await assert.rejects(
    searchMeanwhile(async () => Promise.reject(new Error("no answer")), sleep(20), undefined),
    /no answer/,
  );
});
