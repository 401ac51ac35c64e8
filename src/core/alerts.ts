/** What is told to whoever watches a table: each thing once, until it is over and happens again. */
import { type AlertLevel, type DeprecationAlert, describeAlert } from "./deprecations.ts";
import type { ErrorCode } from "./errors.ts";
import type { JobName, JobReport } from "./verbs-jobs.ts";

/** One thing to tell. */
export interface Alert {
  /** What it is about, the same in every run for as long as it lasts: nothing is told twice under one key. */
  readonly key: string;
  readonly kind: "deprecation" | "job-failed";
  readonly table: string;
  /** The versions that it concerns; none where it is the whole table. */
  readonly versions: readonly string[];
  /** How near a model's end is: 90, 30 or 7 days, or ended; null for other kinds. */
  readonly level: AlertLevel | null;
  /** The job that failed, and its error; null for other kinds. */
  readonly job: JobName | null;
  readonly code: ErrorCode | null;
  /** A sentence. */
  readonly message: string;
}

/** An alert that is to be told, or was. */
export interface OutboxEntry {
  readonly key: string;
  /** By it, receivers tell an alert that comes twice from one that is raised again. */
  readonly id: string;
  /** When it was first raised, ISO 8601. */
  readonly raisedAt: string;
  /** When it was told, ISO 8601; null: not yet. */
  readonly sentAt: string | null;
}

/** What a run of the jobs found that people must know: ends of models that are near, and jobs that failed. */
export function raisedAlerts(
  table: string,
  reports: readonly JobReport[],
  deprecations: readonly DeprecationAlert[],
): Alert[] {
  const ends = deprecations
    .filter(({ level }) => level !== null)
    .map((alert): Alert => {
      const { provider, model, shutdown, level, versions } = alert;
      return {
        key: `deprecation ${provider}:${model} ${shutdown} ${level}`,
        kind: "deprecation",
        table,
        versions,
        level,
        job: null,
        code: null,
        message: describeAlert(alert),
      };
    });
  const failures = reports
    .filter(({ state }) => state === "failed")
    .map((report): Alert => {
      const { job, version, code, message } = report;
      return {
        key: `${subjectOf(report)}${code ?? ""}`,
        kind: "job-failed",
        table,
        versions: version === null ? [] : [version],
        level: null,
        job,
        code,
        message,
      };
    });
  return [...ends, ...failures];
}

/**
 * What is to be kept of earlier alerts: those that still last, and of ends of models all that were told,
 * since a calendar that cannot be had for a while has not taken anything back. A failure is over once
 * its job runs without it, and then told anew if it comes again.
 */
export function lastingEntries(
  entries: readonly OutboxEntry[],
  raised: readonly Alert[],
  reports: readonly JobReport[],
): OutboxEntry[] {
  const lasting = new Set(raised.map(({ key }) => key));
  const ran = reports.map(subjectOf);
  return entries.filter(({ key, sentAt }) => {
    if (lasting.has(key)) return true;
    return sentAt !== null && !ran.some((subject) => key.startsWith(subject));
  });
}

/** The start of the keys of a job's failures, one version's apart from another's. */
function subjectOf({ job, version }: JobReport): string {
  return `job ${job} ${version ?? "*"} `;
}
