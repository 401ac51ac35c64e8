/** Versions that were not made by a backfill, or before canaries were kept: they get one, and are checked by it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import type { ReembedEvent } from "../../src/core/events.ts";
import { startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import {
  type AttackedTable,
  attackedTable,
  emptyFolder,
  openIn,
  overwrite,
  potion,
  shuffled,
  texts,
} from "../support/attacked-table.ts";

const provider = await startMockProvider();
after(() => provider.close());
const model = `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider.url}/v1&acceptMutable=true`;

const drift = (driftAfter: number | null): void => provider.setFaults({ driftAfter, driftDistance: 0.1 });

/** A version as releases left it that kept no canary. */
async function withoutCanary(table: AttackedTable, column: string): Promise<void> {
  await (await table.lance()).updateFieldMetadata([{ path: column, metadata: { "reembed:canary": null } }]);
}

async function canaryOf(table: AttackedTable): Promise<unknown> {
  return (await (await table.reopen()).versions()).versions[0]?.canary ?? null;
}

async function jobsOf(
  table: AttackedTable,
): Promise<{ canary: string; events: ReembedEvent[]; jobs: string[] }> {
  const events: ReembedEvent[] = [];
  const job = (await table.reopen()).runJobs();
  for await (const event of job) events.push(event);
  const { jobs } = await job;
  const canary = jobs.find((each) => each.job === "canary");
  return {
    canary: `${canary?.code ?? canary?.state}: ${canary?.message}`,
    events,
    jobs: jobs.map((each) => each.job),
  };
}

test("an adopted version is checked from the start, whatever made its vectors", async () => {
  const made = await attackedTable(potion);
  const stored = await made.vectors("vector_v1");
  const cwd = await emptyFolder();
  const rows = texts.map((text, id) => ({
    id: BigInt(id),
    text,
    vector: [...(stored.get(String(id)) as Float32Array)],
  }));
  await (await connect(join(cwd, "db"))).createTable("docs", rows);
  const table = await openIn(cwd);
  await table.reembed.adopt({ model });
  assert.notEqual(await canaryOf(table), null);
  drift(0);
  const later = await table.reopen();
  await assert.rejects(async () => later.search({ text: "a cat" }), { code: "REEMBED_CANARY_TRIPPED" });
  drift(null);
});

test("an older hosted version gets its canary from the jobs or a backfill, which say so, and is checked by it", async () => {
  const table = await attackedTable(model);
  const pinned = await canaryOf(table);
  for (const first of ["run-jobs", "backfill"] as const) {
    await withoutCanary(table, "vector_v1");
    const [finding] = await table.findings("canary");
    assert.match(
      finding?.message ?? "",
      /^v1 has no canary: a change of openai-compatible:.* would not be seen$/,
    );
    assert.equal(finding?.fix, "reembed run-jobs --table docs");

    const events: ReembedEvent[] = [];
    if (first === "run-jobs") {
      const run = await jobsOf(table);
      assert.equal(run.canary, "done: v1 had no canary, and has one from now on");
      events.push(...run.events);
    } else {
      const job = (await table.reopen()).backfill({ to: model });
      for await (const event of job) events.push(event);
    }
    const warnings = events.flatMap((event) => (event.event === "warning:raised" ? [event.message] : []));
    assert.match(
      warnings.join("\n"),
      /version v1 had no canary \(its model gives 16 of 16 sampled vectors again\): what openai-compatible:.* gives for the fixed texts is kept in the table now/,
    );
    const canary = (await canaryOf(table)) as { noiseFloor: number };
    assert.equal(canary.noiseFloor, (pinned as { noiseFloor: number }).noiseFloor);
    assert.match((await jobsOf(table)).canary, /^done: openai-compatible:.* gives the pinned vectors$/);
    drift(0);
    assert.match(
      (await jobsOf(table)).canary,
      /^REEMBED_CANARY_TRIPPED: .*its weights, pooling or arithmetic changed/,
    );
    drift(null);
  }
});

test("a model that changed before its version had a canary is not pinned, and fills nothing", async () => {
  const table = await attackedTable(model);
  await withoutCanary(table, "vector_v1");
  drift(0);
  const { canary, jobs } = await jobsOf(table);
  assert.match(
    canary,
    /^REEMBED_CANARY_TRIPPED: version v1 has no canary, and .* gives none of 16 sampled vectors again/,
  );
  assert.ok(!jobs.includes("catch-up"));
  const filling = await table.reopen();
  await assert.rejects(async () => filling.backfill({ to: model }), { code: "REEMBED_CANARY_TRIPPED" });
  drift(null);
  assert.equal(await canaryOf(table), null);

  // Some foreign rows do not make the model another one: they are the doctor's to find.
  await overwrite(table, "vector_v1", [0, 1, 2, 3], shuffled);
  assert.match((await jobsOf(table)).canary, /^done: v1 had no canary/);
  assert.notEqual(await canaryOf(table), null);
});

test("an older version of a model on disk gets the vectors that are pinned for its space", async () => {
  const table = await attackedTable(potion);
  const pinned = await canaryOf(table);
  await withoutCanary(table, "vector_v1");
  assert.match((await jobsOf(table)).canary, /^done: v1 had no canary/);
  assert.deepEqual(await canaryOf(table), pinned);
});
