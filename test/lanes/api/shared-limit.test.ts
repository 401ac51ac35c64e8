import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { joinSharedLimit } from "../../../src/lanes/api/shared-limit.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !what(); turn++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(what());
}

test("processes at work share a limit; one that rests, left or died has no part", async (context) => {
  const folder = await temporaryFolder(context);
  let clockMs = Date.parse("2026-05-01T12:00:00Z");
  const join = (): ReturnType<typeof joinSharedLimit> => joinSharedLimit(folder, () => clockMs);
  const a = await join();
  const b = await join();
  assert.equal(a.share(), 1);
  b.setBusy(true);
  await until(() => a.share() === 0.5);
  b.spent({ requests: 2, tokens: 30 });
  a.spent({ requests: 1, tokens: 5 });
  await until(() => a.usedToday().tokens === 35);
  assert.deepEqual(a.usedToday(), { requests: 3, tokens: 35 });
  await b.close();
  await until(() => a.share() === 1);
  assert.equal(a.usedToday().tokens, 35, "what it used stays counted");

  // A killed process leaves its note as it is: a note that is old counts no more.
  const killed = await join();
  killed.setBusy(true);
  await until(() => a.share() === 0.5);
  const [note] = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  assert.ok(note !== undefined);
  await killed.close();
  clockMs += 86_400_000;
  await until(() => a.usedToday().tokens === 0);
  await a.close();
});
