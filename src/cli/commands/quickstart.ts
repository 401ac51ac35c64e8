import { line, table } from "../../observe/report.ts";
import { defineCommand } from "../command.ts";
import type { QuickstartResult } from "../engine-port.ts";

/** Where the quickstart works unless told otherwise. */
const usualFolder = "reembed-quickstart";

export const quickstartCommand = defineCommand({
  about:
    "Imports a real corpus of over 100,000 texts, searches it, re-embeds it with a transformer while the " +
    "first version keeps answering, compares both on known queries, switches, and rolls back. It runs what " +
    "the commands run, and ends with the numbers that it measured.",
  argument: null,
  flags: {
    folder: {
      kind: "text",
      placeholder: "DIR",
      default: usualFolder,
      about: `where it works; default: ./${usualFolder}`,
    },
    keep: { kind: "switch", about: "keep the folder, to go on with the other commands" },
  },
  onTable: false,
  examples: [
    ["reembed quickstart", "the whole story, in under three minutes on two cores"],
    ["reembed quickstart --keep", "and leave the table for your own searches"],
  ],
  interrupted: "interrupted; run the same command to start again",
  start: (engine, { flags }) => engine.quickstart({ folder: flags.folder, keep: flags.keep }),
  present: ({ summary }: QuickstartResult, { flags }) => [
    table(summary.columns, summary.rows),
    ...(flags.keep ? [line(`The database is kept in ${flags.folder}.`)] : []),
  ],
});
