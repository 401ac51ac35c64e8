/** A provider that is gone: queries that were asked before are still answered, and the answer says so. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ReembedError } from "../../src/core/errors.ts";
import { openReembed, type Reembed } from "../../src/index.ts";
import { type MockProvider, startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const subjects = ["cat", "train", "bread", "law", "star", "river", "violin", "winter"];

interface Scene {
  readonly cwd: string;
  readonly provider: MockProvider;
  /** An engine of its own, as a new process has it. */
  readonly reopen: (search?: Readonly<Record<string, unknown>>) => Promise<Reembed>;
}

async function openScene(context: TestContext): Promise<Scene> {
  const engines: Reembed[] = [];
  context.after(async () => {
    for (const engine of engines) await engine.close();
  });
  const cwd = await temporaryFolder(context);
  const provider = await startMockProvider();
  context.after(() => provider.close());
  const reopen: Scene["reopen"] = async (search = {}) => {
    const settings = {
      provider: { limitsFolder: join(cwd, "limits") },
      search: { patienceSeconds: 1, ...search },
    };
    await writeFile(join(cwd, "reembed.config.json"), JSON.stringify(settings));
    const engine = await openReembed({ cwd, db: "db", table: "docs", workers: 1 });
    engines.push(engine);
    return engine;
  };
  const docs = subjects.map((subject, id) => JSON.stringify({ id, text: `The ${subject} of the note.` }));
  await writeFile(join(cwd, "docs.jsonl"), docs.join("\n"));
  const reembed = await reopen();
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  await reembed.backfill({
    to: `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider.url}/v1&acceptMutable=true`,
  });
  return { cwd, provider, reopen };
}

const settled = async (job: PromiseLike<unknown>): Promise<unknown> => await job;
const unavailable = (error: ReembedError): boolean => {
  assert.equal(error.code, "REEMBED_PROVIDER_UNAVAILABLE");
  assert.match(error.message, /No vector of this query is kept for v1; queries that are kept are still/);
  return true;
};

async function entriesOf(cwd: string): Promise<string[]> {
  const folder = join(cwd, "db", ".reembed", "queries");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("a killed provider: known queries are answered from disk, others are refused", async (context) => {
  const { cwd, provider, reopen } = await openScene(context);
  const asking = spawn(
    process.execPath,
    [main, "search", "a cat", "--db", "db", "--table", "docs", "--limit", "3", "--json"],
    { cwd, stdio: ["ignore", "pipe", "inherit"] },
  );
  let written = "";
  asking.stdout.setEncoding("utf8").on("data", (text: string) => (written += text));
  await once(asking, "close");
  const first = JSON.parse(written.trim().split("\n").at(-1)!) as {
    fromCache: boolean;
    hits: { key: number }[];
  };
  assert.equal(first.fromCache, false);

  const asked = await (await reopen()).search({ text: "a cat", limit: 3 });
  assert.equal(asked.fromCache, true);
  await provider.close();

  const alone = await reopen();
  const answered = await alone.search({ text: "a cat", limit: 3 });
  assert.equal(answered.fromCache, true);
  assert.deepEqual(
    answered.hits.map(({ key }) => Number(key)),
    first.hits.map(({ key }) => key),
  );
  await assert.rejects(() => settled(alone.search({ text: "a dog" })), unavailable);
  const { queryCache } = await alone.check({ only: ["coverage"] });
  assert.equal(queryCache?.queries, 1);

  const [entry = ""] = await entriesOf(cwd);
  const bytes = await readFile(entry);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(entry, bytes);
  await assert.rejects(() => settled(alone.search({ text: "a cat" })), unavailable);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(entry, bytes);
  assert.equal((await alone.search({ text: "a cat" })).fromCache, true);
  const without = await reopen({ queryCache: false });
  await assert.rejects(() => settled(without.search({ text: "a cat" })), unavailable);
});

test("other weights under the same name empty the cache, and are refused for known queries too", async (context) => {
  const { cwd, provider, reopen } = await openScene(context);
  await (await reopen()).search({ text: "a cat" });
  const later = await reopen();
  assert.equal((await entriesOf(cwd)).length, 1);
  provider.setFaults({ driftAfter: 0, driftDistance: 0.1 });
  await assert.rejects(() => settled(later.search({ text: "a cat" })), { code: "REEMBED_CANARY_TRIPPED" });
  assert.deepEqual(await entriesOf(cwd), []);
});
