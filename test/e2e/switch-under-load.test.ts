/** A switch, back and forth, while two processes search: every answer is one version's alone. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openReembed } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import type { ExpectedAnswers, LoopResult } from "./search-loop.ts";

const subjects = ["cat", "train", "bread", "law", "star", "river", "violin", "winter", "doctor", "bridge"];
const verbs = ["is seen near", "has nothing to do with", "was painted beside", "is older than"];

/** Switches while the others search. Each also waits for some searches, so that all states are met. */
const switches = 12;

/** Searches a second that the two processes make together, at least; a loaded machine makes fewer. */
const wantedRate = 200;

test("two processes search through twelve switches without an error or a mixed answer", async (context) => {
  const cwd = await temporaryFolder(context);
  const docs = subjects.flatMap((one, i) =>
    subjects.map((other, j) => ({ id: `${i}-${j}`, text: `The ${one} ${verbs[(i + j) % 4]} the ${other}.` })),
  );
  await writeFile(join(cwd, "docs.jsonl"), docs.map((doc) => JSON.stringify(doc)).join("\n"));
  const reembed = await openReembed({ cwd, db: "db", table: "docs", workers: 1 });
  context.after(() => reembed.close());
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  await reembed.backfill({ to: "bundled:potion-base-4m-int8" });
  // A few of the dimensions answer differently, so that a mixed answer would be seen.
  await reembed.backfill({ to: "bundled:potion-base-4m-int8?dimensions=16" });
  const expected: Record<string, ExpectedAnswers[string]> = {};
  for (const version of ["v1", "v2"]) {
    const keys: Record<string, string[]> = {};
    let spaceId = "";
    for (const text of subjects) {
      const answer = await reembed.search({ text, limit: 3, version });
      keys[text] = answer.hits.map((hit) => String(hit.key));
      ({ spaceId } = answer);
    }
    expected[version] = { spaceId, keys };
  }
  assert.notDeepEqual(expected["v1"]!.keys, expected["v2"]!.keys);
  await writeFile(join(cwd, "expected.json"), JSON.stringify(expected));

  const loops = [startLoop(cwd), startLoop(cwd)];
  context.after(() => loops.forEach(({ child }) => child.kill("SIGKILL")));
  await Promise.all(loops.map(({ ready }) => ready));
  for (let number = 0; number < switches; number += 1) {
    await reembed.switch({ to: number % 2 === 0 ? "v2" : "v1" });
    await new Promise((done) => setTimeout(done, 150));
  }
  for (const { child } of loops) child.stdin.end();
  const results = await Promise.all(loops.map(({ result }) => result));
  const rate = results.reduce((sum, { searches, seconds }) => sum + searches / seconds, 0);
  context.diagnostic(`${Math.round(rate)} searches/s in two processes`);
  for (const { wrong, byVersion } of results) {
    assert.deepEqual(wrong, []);
    // How many there are is up to the machine; that both versions answered is not.
    assert.ok((byVersion["v1"] ?? 0) > 0 && (byVersion["v2"] ?? 0) > 0, JSON.stringify(byVersion));
  }
  if (rate < wantedRate) context.diagnostic(`fewer than ${wantedRate}: the machine is busy`);
});

function startLoop(folder: string) {
  const script = fileURLToPath(new URL("./search-loop.ts", import.meta.url));
  const child = spawn(process.execPath, [script, folder, join(folder, "expected.json")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ready = Promise.withResolvers<void>();
  const result = Promise.withResolvers<LoopResult>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line === "searching") ready.resolve();
    else result.resolve(JSON.parse(line) as LoopResult);
  });
  child.on("exit", (code) => {
    const error = new Error(`the loop ended with ${code}`);
    ready.reject(error);
    result.reject(error);
  });
  result.promise.catch(() => {});
  return { child, ready: ready.promise, result: result.promise };
}
