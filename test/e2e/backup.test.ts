/** A version that is kept as the backup: filled by every write, never due, one switch away, and back. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ReembedError } from "../../src/core/errors.ts";
import { openReembed, type Reembed } from "../../src/index.ts";
import { startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { mustRunHere, runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const potion = "bundled:potion-base-4m-int8";
const corpus = { key: "id", text: ["text"] } as const;

async function openTable(
  context: TestContext,
  settings: unknown = {},
): Promise<{ cwd: string; reembed: Reembed }> {
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "reembed.config.json"), JSON.stringify(settings));
  const docs = Array.from({ length: 6 }, (_, id) => JSON.stringify({ id, text: `note ${id} of a cat` }));
  await writeFile(join(cwd, "docs.jsonl"), docs.join("\n"));
  const reembed = await openReembed({ cwd, db: "db", table: "docs", workers: 1 });
  context.after(() => reembed.close());
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus });
  return { cwd, reembed };
}

const settled = async (job: PromiseLike<unknown>): Promise<unknown> => await job;
const rejects = (job: PromiseLike<unknown>, code: string, message: RegExp): Promise<void> =>
  assert.rejects(
    () => settled(job),
    (error: ReembedError) => error.code === code && message.test(error.message),
  );

test("a backup takes over by one switch, goes back, and is never due", async (context) => {
  const { cwd, reembed } = await openTable(context, { retirementGraceDays: 0 });
  const states = async (): Promise<string[]> =>
    (await reembed.versions()).versions.map(
      ({ name, state, backup, dueAt }) =>
        `${name} ${state}${backup ? " backup" : ""}${dueAt === null ? "" : " due"}`,
    );
  await reembed.backfill({ to: potion });
  await rejects(
    reembed.switch({ to: "backup" }),
    "REEMBED_STORE_VERSION_MISSING",
    /backfill --to REF --backup/,
  );
  const args = ["--db", join(cwd, "db"), "--table", "docs"];
  await mustRunHere(["backfill", ...args, "--to", `${potion}?dimensions=64`, "--backup"], { cwd });
  assert.deepEqual(await states(), ["v1 active", "v2 ready backup"]);
  await reembed.write({ rows: [{ id: 6, text: "a late dog" }] });
  assert.deepEqual((await reembed.check({ only: ["backup"] })).findings, []);

  const { from, to } = await reembed.switch({ to: "backup" });
  assert.deepEqual([from, to], ["v1", "v2"]);
  const found = await reembed.search({ text: "a late dog", limit: 1 });
  assert.deepEqual([found.version, Number(found.hits[0]?.key)], ["v2", 6]);
  const [alone] = (await reembed.check({ only: ["backup"] })).findings;
  assert.match(alone?.message ?? "", /the backup v2 is the active version/);
  assert.equal((await reembed.rollback()).to, "v1");
  assert.deepEqual(await states(), ["v1 active", "v2 retiring backup"]);

  // Its grace period of no days is over, and the schedule leaves it alone.
  assert.deepEqual((await reembed.retire()).retired, []);
  assert.deepEqual((await reembed.check({ only: ["retire"] })).findings, []);
  await rejects(reembed.retire({ version: "v2" }), "REEMBED_STORE_STATE", /it is kept as the backup/);
  const { lines } = await runHere(["versions", ...args], { cwd });
  assert.equal(lines.length, 1);

  // Named again, the role moves; what had it is due as it would have been.
  await reembed.backfill({ to: `${potion}?dimensions=32`, backup: true });
  assert.deepEqual(await states(), ["v1 active", "v2 retiring due", "v3 ready backup"]);
  assert.deepEqual((await reembed.retire()).retired, ["v2"]);
  const history = (await reembed.versions({ history: true })).versions.at(-1)?.history ?? [];
  assert.ok(history.some(({ why }) => why === "named the backup"));
  await reembed.retire({ version: "backup", abandon: true, why: "not needed" });
  assert.deepEqual(await states(), ["v1 active", "v2 retired", "v3 abandoned"]);
  await rejects(
    reembed.search({ text: "cat", version: "backup" }),
    "REEMBED_STORE_VERSION_MISSING",
    /kept as/,
  );
});

test("a backup that lacks rows, or is of the same provider, is found by the doctor", async (context) => {
  const provider = await startMockProvider();
  context.after(() => provider.close());
  const { cwd, reembed } = await openTable(context, {});
  const hosted = (dimensions: number): string =>
    `openai-compatible:potion-base-4m-int8?dimensions=${dimensions}&baseUrl=${provider.url}/v1&acceptMutable=true`;
  await reembed.backfill({ to: hosted(128) });
  await reembed.backfill({ to: hosted(64), backup: true });
  await writeFile(join(cwd, "late.jsonl"), JSON.stringify({ id: 7, text: "written past the door" }));
  await reembed.import({ sources: [join(cwd, "late.jsonl")], corpus, mode: "append" });
  const { findings } = await reembed.check({ only: ["backup"] });
  assert.deepEqual(
    findings.map(({ level, version }) => [level, version]),
    [
      ["warning", "v2"],
      ["warning", "v2"],
    ],
  );
  assert.match(
    findings[0]!.message,
    /computed by openai-compatible at 127\.0\.0\.1:\d+, as the active version v1/,
  );
  assert.match(findings[1]!.message, /could not take over as it is: 1 of 7 rows have no vector/);
  await rejects(reembed.switch({ to: "backup" }), "REEMBED_GATE_FAILED", /v2/);
  assert.equal((await reembed.switch({ to: "backup", force: true, why: "v1 is gone" })).gate.forced, true);

  // A local model stands on its own.
  await reembed.backfill({ to: potion, name: "v3", backup: true });
  assert.deepEqual((await reembed.check({ only: ["backup"] })).findings, []);
});

test("`backup` never means two versions", async (context) => {
  const { reembed } = await openTable(context);
  await reembed.backfill({ to: potion, backup: true });
  const other = `${potion}?dimensions=64`;
  await rejects(reembed.backfill({ to: other, name: "backup" }), "REEMBED_USAGE", /would mean two versions/);
  await reembed.backfill({ to: other, name: "backup", backup: true });
  await rejects(reembed.backfill({ to: potion, backup: true }), "REEMBED_USAGE", /would mean two versions/);
  assert.equal((await reembed.switch({ to: "backup" })).to, "backup");
});

test("in an emergency a half-filled version takes over, and the one before finds what it lacks", async (context) => {
  const { reembed } = await openTable(context, { search: { missing: "fuse" } });
  await reembed.backfill({ to: potion });
  await reembed.backfill({ to: `${potion}?dimensions=64`, limitRows: 2 });
  await rejects(
    reembed.switch({ to: "v2" }),
    "REEMBED_STORE_STATE",
    /backfilling; only a ready.*--force --why/,
  );
  await reembed.switch({ to: "v2", force: true, why: "v1 ends now" });
  const { version, missing, hits } = await reembed.search({ text: "note of a cat", limit: 6 });
  assert.deepEqual([version, missing, hits.length], ["v2", { rows: 4, servedBy: "v1" }, 6]);
  const filled = await reembed.backfill({ to: `${potion}?dimensions=64` });
  assert.deepEqual([filled.state, filled.handled], ["active", 4]);
});
