import { describeAlert } from "../../core/deprecations.ts";
import { describeNewerBase } from "../../core/newer-bases.ts";
import type { VersionsResult, VersionSummary } from "../../core/verbs.ts";
import { formatBytes, formatCount, formatShare } from "../../observe/quantities.ts";
import { type Block, line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

/** Hex digits of a space id that tell spaces apart in a table for people. */
const shortIdDigits = 8;

export const versionsCommand = defineTableCommand({
  about:
    "Every version of a table in order of creation: its state, model and space, how many rows have a " +
    "vector, how many are stale, how much of it the index covers, and its size.",
  argument: null,
  flags: {
    history: { kind: "switch", about: "also every change of state: when, why, and by whom" },
    tree: { kind: "switch", about: "also which models were made from which, as their packages say" },
  },
  examples: [
    ["reembed versions --table docs", "as they stand"],
    ["reembed versions --table docs --history --json", "for a program, with their history"],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { flags }) =>
    engine.versions({ history: flags.history, ...(flags.tree ? { tree: true } : {}) }),
  present: (result: VersionsResult) => {
    if (result.versions.length === 0) {
      return [line(`${result.table} has no version yet: add one with reembed backfill --to REF`)];
    }
    return [
      versionsTable(result.versions),
      ...dueOf(result.versions),
      ...result.deprecations
        .filter(({ level }) => level !== null)
        .map((alert) => line(`warning: ${describeAlert(alert)}`)),
      ...treeOf(result),
      ...(result.newerBases ?? []).map((newer) => line(describeNewerBase(newer))),
      ...historyOf(result.versions),
    ];
  },
});

function versionsTable(versions: readonly VersionSummary[]): Block {
  return table(
    ["version", "state", "model", "dim", "vectors", "covered", "skipped", "stale", "index", "size", "space"],
    versions.map((version) => [
      version.name,
      version.backup ? `${version.state}, backup` : version.state,
      version.model,
      dimensionsOf(version),
      formatCount(version.covered),
      version.rows === 0 ? "-" : formatShare(version.covered / version.rows),
      formatCount(version.skipped),
      formatCount(version.stale),
      version.indexCoverage === null ? "none" : formatShare(version.indexCoverage),
      formatBytes(version.bytes),
      version.spaceId.slice(0, shortIdDigits),
    ]),
    { cut: ["model"], spare: ["dim", "skipped", "vectors"] },
  );
}

/** A family a paragraph, a child two spaces in. */
function treeOf({ families }: VersionsResult): Block[] {
  return (families ?? []).map(({ root, spaces }) =>
    table(
      [root, "versions", "space"],
      spaces.map(({ model, depth, versions, spaceId }) => [
        `${"· ".repeat(depth)}${model}`,
        versions.join(", "),
        spaceId.slice(0, shortIdDigits),
      ]),
    ),
  );
}

/** Vectors are of float32 unless it is said. */
function dimensionsOf({ dimensions, vectorType }: VersionSummary): string {
  return vectorType === "float32" ? formatCount(dimensions) : `${formatCount(dimensions)} ${vectorType}`;
}

function dueOf(versions: readonly VersionSummary[]): Block[] {
  return versions.flatMap(({ name, dueAt }) =>
    dueAt === null ? [] : [line(`${name} stays for a rollback until ${dueAt.slice(0, 10)}`)],
  );
}

function historyOf(versions: readonly VersionSummary[]): Block[] {
  const entries = versions.flatMap((version) =>
    (version.history ?? []).map(({ at, state, why, by }) => [at, version.name, state, why ?? "", by ?? ""]),
  );
  if (entries.length === 0) return [];
  const inTime = entries.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  return [table(["when", "version", "state", "why", "by"], inTime, { cut: ["why"], spare: ["by"] })];
}
