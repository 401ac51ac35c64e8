import { type Calendar, deprecationAlerts, describeAlert } from "../../core/deprecations.ts";
import type { Finding } from "../../core/verbs-check.ts";
import type { VersionRecord } from "../../core/version.ts";

/** Versions whose grace period is over. */
export function checkRetirements(table: string, live: readonly VersionRecord[], nowMs: number): Finding[] {
  return live
    .filter(({ state, backup }) => state === "retiring" && !backup)
    .filter(({ dueAt }) => dueAt !== null && Date.parse(dueAt) <= nowMs)
    .map(({ name, dueAt }) => ({
      check: "retire",
      level: "warning",
      version: name,
      message: `${name} was to be let go of on ${dueAt?.slice(0, 10)}`,
      fix: `reembed retire --table ${table} --due`,
    }));
}

/** Hosted models that their providers end within 90 days, or have ended; and what keeps that from being known. */
export function checkDeprecations(
  table: string,
  live: readonly VersionRecord[],
  { entries, notes }: Calendar,
  nowMs: number,
): Finding[] {
  const near = deprecationAlerts(entries, live, nowMs)
    .filter(({ level }) => level !== null)
    .map((alert): Finding => ({
      check: "deprecations",
      level: alert.level === "ended" ? "error" : "warning",
      version: alert.versions[0] ?? null,
      message: describeAlert(alert),
      fix: `reembed plan --table ${table} --to ${alert.replacement === null ? "REF" : `${alert.provider}:${alert.replacement}`}`,
    }));
  const unknown = notes.map((message): Finding => ({
    check: "deprecations",
    level: "warning",
    version: null,
    message,
    fix: null,
  }));
  return [...near, ...unknown];
}
