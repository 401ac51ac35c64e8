/** A provider changes its weights under the same name, in the middle of a backfill: nothing of that is stored. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ReembedError } from "../../src/core/errors.ts";
import type { ReembedEvent } from "../../src/core/events.ts";
import type { BackfillResult } from "../../src/core/verbs.ts";
import { openReembed, type Reembed } from "../../src/index.ts";
import { type MockProvider, startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { cosine } from "../mock-provider/mock-client.ts";
import { readColumn } from "../support/read-column.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const subjects = ["cat", "train", "bread", "law", "star", "river", "violin", "winter", "doctor", "bridge"];
const texts = Array.from(
  { length: 60 },
  (_, index) => `Note ${index}: the ${subjects[index % 10]} and the ${subjects[(index * 3 + 1) % 10]}.`,
);

interface Setting {
  readonly cwd: string;
  readonly engines: Reembed[];
  readonly provider: MockProvider;
  readonly reembed: Reembed;
  readonly model: string;
}

async function open(context: TestContext, rows: number = texts.length): Promise<Setting> {
  const engines: Reembed[] = [];
  // First here, first done: engines write to the folder as they close.
  context.after(async () => {
    for (const engine of engines) await engine.close();
  });
  const cwd = await temporaryFolder(context);
  const provider = await startMockProvider();
  context.after(() => provider.close());
  await writeFile(
    join(cwd, "reembed.config.json"),
    JSON.stringify({ provider: { limitsFolder: join(cwd, "limits") } }),
  );
  const reembed = await openAgain({ cwd, engines });
  const docs = texts.slice(0, rows).map((text, id) => JSON.stringify({ id: `k${id}`, text }));
  await writeFile(join(cwd, "docs.jsonl"), docs.join("\n"));
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  const model = `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider.url}/v1&acceptMutable=true`;
  return { cwd, engines, provider, reembed, model };
}

async function openAgain({ cwd, engines }: Pick<Setting, "cwd" | "engines">): Promise<Reembed> {
  const reembed = await openReembed({
    cwd,
    db: "db",
    table: "docs",
    workers: 1,
  });
  engines.push(reembed);
  return reembed;
}

/** Runs a backfill that must end with an error, and sees its events. */
async function failedBackfill(
  { reembed, model }: Setting,
  limitRows?: number,
  onEvent: (event: ReembedEvent) => void = () => {},
): Promise<ReembedError> {
  try {
    await watched(reembed.backfill({ to: model, limitRows }), onEvent);
  } catch (error) {
    return error as ReembedError;
  }
  throw new Error("the backfill ended well");
}

async function watched(
  job: AsyncIterable<ReembedEvent> & PromiseLike<BackfillResult>,
  onEvent: (event: ReembedEvent) => void,
): Promise<BackfillResult> {
  for await (const event of job) onEvent(event);
  return await job;
}

const storedIn = ({ cwd }: Setting): Promise<Map<string, Float32Array | null>> =>
  readColumn(join(cwd, "db"), "docs", "id", "vector_v1");

test("weights that move by 5, 10 and 15 % in mid-backfill are caught before the next commit", async (context) => {
  for (const distance of [0.05, 0.1, 0.15]) {
    const setting = await open(context);
    const { provider, reembed, model } = setting;
    await reembed.backfill({ to: model, limitRows: 20 });
    const [version] = (await reembed.versions()).versions;
    assert.ok(version?.canary !== null && version?.canary !== undefined);
    const before = await storedIn(setting);
    assert.equal([...before.values()].filter((vector) => vector !== null).length, 20);

    // The start-up check of the next run passes; what it asks for after that is answered by other weights.
    const again = await openAgain(setting);
    const error = await failedBackfill({ ...setting, reembed: again }, undefined, (event) => {
      if (event.event === "round:planned") provider.setFaults({ driftAfter: 0, driftDistance: distance });
    });
    assert.equal(error.code, "REEMBED_CANARY_TRIPPED");
    assert.match(error.message, /its weights, pooling or arithmetic changed/);
    assert.equal(error.exitCode, 8);
    assert.deepEqual(await storedIn(setting), before, "nothing was stored after the change");

    // Also the next command refuses, before it stores or pays for anything but the check.
    const third = { ...setting, reembed: await openAgain(setting) };
    assert.equal((await failedBackfill(third)).code, "REEMBED_CANARY_TRIPPED");

    // The provider takes its change back: what the spool had kept of it is gone.
    provider.setFaults({ driftAfter: null });
    const last = await (await openAgain(setting)).backfill({ to: model });
    assert.equal(last.copied, 0);
    assert.equal(last.embedded + last.deduplicated, texts.length - 20);
    const clean = await open(context);
    await clean.reembed.backfill({ to: clean.model });
    const expected = await storedIn(clean);
    for (const [key, vector] of await storedIn(setting)) {
      assert.ok(cosine(vector!, expected.get(key)!) > 1 - 1e-6, key);
    }
  }
});

test("a search and an ingest with changed weights are refused too", async (context) => {
  const setting = await open(context, 10);
  await setting.reembed.backfill({ to: setting.model });
  setting.provider.setFaults({ driftAfter: 0, driftDistance: 0.05 });
  const later = await openAgain(setting);
  await assert.rejects(async () => await later.search({ text: "a cat" }), { code: "REEMBED_CANARY_TRIPPED" });
  await assert.rejects(
    async () =>
      await later.write({ rows: [{ id: "new", text: "a new cat" }], mode: "append", onUnavailable: "mark" }),
    { code: "REEMBED_CANARY_TRIPPED" },
  );
  assert.equal((await storedIn(setting)).size, 10);
  // The change goes away, and the same program goes on: a refusal is asked about again.
  setting.provider.setFaults({ driftAfter: null });
  const fresh = await openAgain(setting);
  assert.equal((await fresh.search({ text: "a cat", limit: 1 })).hits.length, 1);
});

test("a provider that jitters is measured, and its noise is no alarm", async (context) => {
  const setting = await open(context);
  // Each component moves by up to 2e-3: a cosine distance of about 1e-4.
  setting.provider.setFaults({ jitter: 0.002 });
  const filled = await setting.reembed.backfill({ to: setting.model });
  assert.equal(filled.embedded + filled.deduplicated, texts.length);
  const [version] = (await setting.reembed.versions()).versions;
  const { noiseFloor } = version!.canary!;
  assert.ok(noiseFloor > 1e-5 && noiseFloor < 1e-2, String(noiseFloor));
});
