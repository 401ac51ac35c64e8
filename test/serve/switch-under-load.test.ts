/** A switch, back and forth, while callers search over HTTP: every answer is one version's alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newTable, post, potion, startServing } from "./serving.ts";

const callers = 4;
const switches = 8;
const questions = ["a cat near a river", "bread and law", "winter trains", "the doctor's violin"];

interface Answer {
  readonly version: string;
  readonly spaceId: string;
  readonly hits: readonly { readonly key: string; readonly version: string }[];
}

test("eight switches under load: no error, and no answer of two versions", async (context) => {
  const { cwd, reembed } = await newTable(context);
  await reembed.backfill({ to: `${potion}?dimensions=16` });
  const expected = new Map<string, string>();
  for (const version of ["v1", "v2"]) {
    for (const text of questions) {
      const { spaceId, hits } = await reembed.search({ text, limit: 3, version });
      expected.set(`${version} ${text}`, JSON.stringify([spaceId, hits.map(({ key }) => key)]));
    }
  }
  const serving = await startServing(context, cwd, { args: ["--every", "never", "--rate", "100000"] });
  await post(serving.url, { text: questions[0], limit: 3 });
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  let ended = false;
  const call = async (): Promise<void> => {
    for (let number = 0; !ended; number += 1) {
      const text = questions[number % questions.length]!;
      const response = await post(serving.url, { text, limit: 3 });
      const body = await response.text();
      const { version, spaceId, hits } = JSON.parse(body) as Answer;
      seen.set(version, (seen.get(version) ?? 0) + 1);
      const right =
        response.status === 200 &&
        expected.get(`${version} ${text}`) === JSON.stringify([spaceId, hits.map(({ key }) => key)]) &&
        hits.every((hit) => hit.version === version);
      if (!right) wrong.push(body);
    }
  };
  const calling = Array.from({ length: callers }, call);
  const started = performance.now();
  for (let number = 0; number < switches; number += 1) {
    await reembed.switch({ to: number % 2 === 0 ? "v2" : "v1" });
    await new Promise((done) => setTimeout(done, 150));
  }
  ended = true;
  await Promise.all(calling);
  const seconds = (performance.now() - started) / 1000;
  assert.deepEqual(wrong, []);
  assert.ok((seen.get("v1") ?? 0) > 10 && (seen.get("v2") ?? 0) > 10, JSON.stringify([...seen]));
  const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
  context.diagnostic(`${Math.round(total / seconds)} searches/s over HTTP`);
  assert.equal(await serving.stop(), 0);
});
