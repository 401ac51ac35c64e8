import { writeModes } from "../../core/row-writes.ts";
import { sourceFormats } from "../../core/verbs.ts";
import { onUnavailableChoices, type WriteResult } from "../../core/verbs-write.ts";
import { formatCount, formatCountOf, formatDuration, formatRate } from "../../observe/quantities.ts";
import { type Block, line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { corpusFlags, corpusSetting } from "./corpus-flags.ts";
import { onEmptyChoices, unlessZero } from "./run-report.ts";

export const ingestCommand = defineTableCommand({
  about:
    "Writes the rows of files into a table, each with the vectors of every version that is active, being " +
    "filled, ready or retiring, so that nothing written during a migration needs catching up. Rows that fit " +
    "in one fragment are one commit; a longer append appears whole or not at all.",
  argument: { placeholder: "SOURCE…", about: "files to read, or - for standard input", many: true },
  flags: {
    format: {
      kind: "choice",
      choices: sourceFormats,
      default: "auto",
      about: "what the sources are; auto looks at their content",
    },
    mode: {
      kind: "choice",
      choices: writeModes,
      default: "append",
      about: "append refuses keys that the table has; upsert replaces their rows",
    },
    onUnavailable: {
      kind: "choice",
      choices: onUnavailableChoices,
      default: "refuse",
      about: "when a version's model cannot be had: write nothing, or leave its part to backfill",
    },
    workers: {
      kind: "count",
      placeholder: "N",
      about: "worker threads of each model; default: the cores that this process may use",
    },
    onEmpty: {
      kind: "choice",
      choices: onEmptyChoices,
      about: "what to do with a text that cannot have a vector; default: skip",
    },
    ...corpusFlags,
  },
  examples: [
    ["reembed ingest new.jsonl --table docs", "new rows"],
    ["reembed ingest changed.parquet --table docs --mode upsert", "new and changed rows"],
  ],
  interrupted: "interrupted; an append left nothing, an upsert whole fragments: run the same command again",
  settings: (flags) => ({ ...corpusSetting(flags), workers: flags.workers, onEmpty: flags.onEmpty }),
  start: (engine, { args, flags, config }) =>
    engine.ingest({
      sources: args,
      format: flags.format,
      mode: flags.mode,
      onUnavailable: flags.onUnavailable,
      workers: config.workers ?? undefined,
      onEmpty: config.onEmpty,
    }),
  present: presentWrite,
});

function presentWrite(result: WriteResult): Block[] {
  const { rows, inserted, updated, commits, versions } = result;
  const how = updated === 0 ? "" : `: ${formatCount(inserted)} new, ${formatCount(updated)} replaced`;
  return [
    line(
      `${formatCountOf(rows, "row")} written in ${formatDuration(result.seconds)}, ${formatCountOf(commits, "commit")}` +
        ` (${formatRate(result.rowsPerSecond, "rows")})${how}`,
    ),
    ...(versions.length === 0
      ? [line("the table has no live version yet: reembed backfill makes one")]
      : [
          table(
            ["version", "embedded", "no vector", "to catch up", "not in the index"],
            versions.map((each) => [
              each.version,
              formatCount(each.embedded),
              unlessZero(each.skipped),
              unlessZero(each.marked),
              each.unindexedRows === null ? "" : unlessZero(each.unindexedRows),
            ]),
          ),
          ...versions
            .filter(({ indexDue }) => indexDue)
            .map(({ version }) =>
              line(`searches of ${version} scan many rows: reembed index --version ${version} takes them in`),
            ),
        ]),
  ];
}
