import { randomUUID } from "node:crypto";
import { type Alert, lastingEntries, type OutboxEntry, raisedAlerts } from "../../core/alerts.ts";
import type { DeprecationAlert } from "../../core/deprecations.ts";
import { ReembedError } from "../../core/errors.ts";
import type { AlertChannel } from "../../core/ports-jobs.ts";
import type { JobReport } from "../../core/verbs-jobs.ts";
import { reportJob } from "./report-job.ts";

export interface FoundByJobs {
  readonly table: string;
  readonly reports: readonly JobReport[];
  readonly deprecations: readonly DeprecationAlert[];
  readonly dryRun: boolean;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/**
 * Tells what the other jobs found, each thing once. An alert is on disk before it is sent, and marked
 * after it was taken: a run that is killed in between sends it again under the same id. One that is not
 * taken fails this job, and stays for the next run.
 */
export async function tellAlerts(channel: AlertChannel | null, found: FoundByJobs): Promise<JobReport> {
  return reportJob("alerts", null, async () => {
    if (channel === null) return { state: "nothing", message: "no webhook is configured" };
    const { table, reports, deprecations, dryRun, nowMs } = found;
    const raised = raisedAlerts(table, reports, deprecations);
    const kept = await channel.outbox.read(table);
    const lasting = lastingEntries(kept, raised, reports);
    const raisedAt = new Date(nowMs()).toISOString();
    const entries = [...lasting];
    for (const { key } of raised) {
      if (entries.some((entry) => entry.key === key)) continue;
      entries.push({ key, id: randomUUID(), raisedAt, sentAt: null });
    }
    const due = raised.filter((alert) => entryOf(entries, alert).sentAt === null);
    if (dryRun) {
      if (due.length === 0) return { state: "nothing", message: "nothing new is to be told" };
      return { state: "planned", message: `${counted(due.length)} would be told to ${channel.name}` };
    }
    if (entries.length !== kept.length || due.length > 0) await channel.outbox.keep(table, entries);
    if (due.length === 0) return { state: "nothing", message: "nothing new is to be told" };
    const sent = await postAll(channel, table, entries, due, nowMs);
    return { state: "done", message: `${counted(sent)} told to ${channel.name}` };
  });
}

/**
 * Posts one after the other. A server that is down is not asked for each; one that refuses an alert may
 * take the next, and the refusal is told at the end.
 */
async function postAll(
  channel: AlertChannel,
  table: string,
  entries: OutboxEntry[],
  due: readonly Alert[],
  nowMs: () => number,
): Promise<number> {
  const refusals: ReembedError[] = [];
  for (const alert of due) {
    const entry = entryOf(entries, alert);
    try {
      await channel.post(alert, entry);
    } catch (thrown) {
      const error = ReembedError.from(thrown);
      if (error.code !== "REEMBED_ALERTS_REFUSED") throw error;
      refusals.push(error);
      continue;
    }
    entries[entries.indexOf(entry)] = { ...entry, sentAt: new Date(nowMs()).toISOString() };
    await channel.outbox.keep(table, entries);
  }
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return due.length;
}

function entryOf(entries: readonly OutboxEntry[], { key }: Alert): OutboxEntry {
  const entry = entries.find((each) => each.key === key);
  if (entry !== undefined) return entry;
  throw new ReembedError("REEMBED_INTERNAL", `the alert ${key} is in no outbox`);
}

function counted(alerts: number): string {
  return `${alerts} alert${alerts === 1 ? "" : "s"}`;
}
