import type { RetireResult } from "../../core/verbs-versions.ts";
import { formatBytes } from "../../observe/quantities.ts";
import { type Block, line } from "../../observe/report.ts";
import { usageError } from "../parse-arguments.ts";
import { defineTableCommand } from "../table-command.ts";

export const retireCommand = defineTableCommand({
  about:
    "Removes the columns and the index of versions whose grace period is over, and the files that nobody who " +
    "reads the table as it was within that period can need. With --abandon, gives up a version that never " +
    "became active. Records and histories stay. Run it from time to time: files of columns that were dropped " +
    "go one grace period later.",
  argument: null,
  flags: {
    due: { kind: "switch", about: "every retiring version that is due; what happens without --version" },
    version: { kind: "text", placeholder: "NAME", about: "this version alone" },
    force: { kind: "switch", about: "also before it is due; needs --version and --why" },
    abandon: { kind: "switch", about: "give up a version that never was active; needs --version and --why" },
    why: { kind: "text", placeholder: "TEXT", about: "reason, kept in the version's history" },
    dropOnly: { kind: "switch", about: "drop columns, and leave the files to a later clean-up" },
    dryRun: { kind: "switch", about: "say which versions and how many bytes; change nothing" },
  },
  examples: [
    ["reembed retire --table docs --due --dry-run", "what is due, in bytes"],
    ["reembed retire --table docs --due", "remove it"],
    ['reembed retire --table docs --version v3 --abandon --why "wrong model"', "give up a version"],
  ],
  interrupted: "interrupted; run the same command to go on",
  start(engine, { flags }) {
    if (flags.due && flags.version !== undefined) {
      throw usageError(
        `--due means every version that is due, and --version ${flags.version} one: give one of them`,
      );
    }
    return engine.retire({
      version: flags.version,
      force: flags.force,
      abandon: flags.abandon,
      why: flags.why,
      dropOnly: flags.dropOnly,
      dryRun: flags.dryRun,
    });
  },
  present(result: RetireResult): Block[] {
    const notes = result.notes.map((note) => line(`note: ${note}`));
    const reclaimed =
      result.bytesReclaimed === 0 ? [] : [line(`${formatBytes(result.bytesReclaimed)} of files removed`)];
    if (result.versions.length === 0) return [line("no version is due"), ...reclaimed, ...notes];
    const verb = result.dryRun ? "would go" : "is gone";
    return [
      ...result.versions.map(({ name, column, bytes }) =>
        line(`${name} ${verb}: column ${column}, ${formatBytes(bytes)}`),
      ),
      ...reclaimed,
      ...notes,
    ];
  },
});
