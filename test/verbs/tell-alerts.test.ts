import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, OutboxEntry } from "../../src/core/alerts.ts";
import { type ErrorCode, ReembedError } from "../../src/core/errors.ts";
import type { AlertChannel } from "../../src/core/ports-jobs.ts";
import type { JobReport } from "../../src/core/verbs-jobs.ts";
import { openOutbox } from "../../src/state/open-outbox.ts";
import { tellAlerts } from "../../src/verbs/jobs/tell-alerts.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const failed = (job: JobReport["job"], version: string, code: ErrorCode): JobReport => ({
  job,
  version,
  state: "failed",
  message: `${job} of ${version}`,
  rows: 0,
  code,
});
const well = (report: JobReport): JobReport => ({ ...report, state: "done", code: null });

const trip = failed("canary", "v1", "REEMBED_CANARY_TRIPPED");
const stuck = failed("catch-up", "v2", "REEMBED_PROVIDER_UNAVAILABLE");

/** A channel that takes what `take` lets through, and notes on disk unless it is cut off. */
async function channelIn(folder: string) {
  const posted: (Alert & Pick<OutboxEntry, "id">)[] = [];
  const outbox = openOutbox(folder, "https://example.test/hook");
  const settings: { take: (alert: Alert) => ErrorCode | null; notes: number } = {
    take: () => null,
    notes: Infinity,
  };
  const channel: AlertChannel = {
    name: "https://example.test",
    outbox: {
      read: outbox.read,
      keep: async (table, entries) => {
        if (settings.notes-- <= 0) throw new ReembedError("REEMBED_ALERTS_STATE", "the process is gone");
        await outbox.keep(table, entries);
      },
    },
    post: async (alert, { id }) => {
      posted.push({ ...alert, id });
      const code = settings.take(alert);
      if (code !== null) throw new ReembedError(code, "not taken");
    },
  };
  const run = (...reports: JobReport[]): Promise<JobReport> =>
    tellAlerts(channel, { table: "my docs", reports, deprecations: [], dryRun: false, nowMs: () => 0 });
  return { posted, settings, run };
}

test("a run that ends between an answer and its note sends the same alert under the same id", async (context) => {
  const { posted, settings, run } = await channelIn(await temporaryFolder(context));
  settings.notes = 1;
  assert.equal((await run(trip)).code, "REEMBED_ALERTS_STATE");
  settings.notes = Infinity;
  assert.equal((await run(trip)).state, "done");
  assert.equal((await run(trip)).state, "nothing");
  const [first, second, ...more] = posted.map(({ id }) => id);
  assert.equal(first, second);
  assert.deepEqual(more, []);
});

test("a server that is down is asked for one alert, one that refuses an alert for the others too", async (context) => {
  const { posted, settings, run } = await channelIn(await temporaryFolder(context));
  settings.take = () => "REEMBED_ALERTS_UNDELIVERED";
  assert.equal((await run(trip, stuck)).code, "REEMBED_ALERTS_UNDELIVERED");
  assert.equal(posted.length, 1);
  settings.take = ({ job }) => (job === "canary" ? "REEMBED_ALERTS_REFUSED" : null);
  assert.equal((await run(trip, stuck)).code, "REEMBED_ALERTS_REFUSED");
  assert.equal(posted.length, 3);
  settings.take = () => null;
  assert.equal((await run(trip, stuck)).message, "1 alert told to https://example.test");
  assert.deepEqual(
    posted.slice(3).map(({ job }) => job),
    ["canary"],
  );
});

test("what is over before it could be told is not told; what did not run is not over", async (context) => {
  const { posted, settings, run } = await channelIn(await temporaryFolder(context));
  settings.take = () => "REEMBED_ALERTS_UNDELIVERED";
  await run(trip);
  settings.take = () => null;
  assert.equal((await run(well(trip))).state, "nothing");
  assert.equal((await run(stuck)).state, "done");
  // A version whose canary tripped is not caught up, so nothing is known of its catching up.
  await run(trip);
  assert.equal((await run(trip, stuck)).state, "nothing");
  await run(well(trip), well(stuck));
  await run(stuck);
  assert.deepEqual(
    posted.slice(1).map(({ job }) => job),
    ["catch-up", "canary", "catch-up"],
  );
});
