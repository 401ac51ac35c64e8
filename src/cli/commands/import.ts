import { type ImportResult, sourceFormats } from "../../core/verbs.ts";
import { formatBytes, formatCountOf, formatDuration, formatRate } from "../../observe/quantities.ts";
import { line } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

/** Columns that a corpus is read from where neither a flag nor the configuration names them. */
const usualCorpus = { key: "id", text: ["text"] } as const;

export const importCommand = defineTableCommand({
  about:
    "Reads a corpus into a table: Parquet, Arrow IPC (file or stream), JSON lines (plain, .gz, .zst) or CSV. " +
    "Every row needs a key that is unique and not null. An import that fails leaves what was there before: " +
    "no table, or the table it found.",
  argument: { placeholder: "SOURCE…", about: "files to read, or - for standard input", many: true },
  flags: {
    key: { kind: "text", placeholder: "COLUMN", about: "column of unique keys; default: id" },
    text: {
      kind: "list",
      separator: ",",
      placeholder: "COLUMN[,COLUMN]",
      about: "text columns, joined in this order; default: text",
    },
    format: {
      kind: "choice",
      choices: sourceFormats,
      default: "auto",
      about: "what the sources are; auto looks at their content",
    },
    mode: {
      kind: "choice",
      choices: ["create", "append"],
      default: "create",
      about: "make the table, or add rows to it",
    },
  },
  examples: [
    ["reembed import docs.parquet --table docs", "columns id and text"],
    ["reembed import a.jsonl.zst b.jsonl.zst --table docs --text title,body", "two files, two text columns"],
    ["cat rows.arrow | reembed import - --table docs --mode append", "more rows, from a pipe"],
  ],
  interrupted: "interrupted; nothing was imported, run the same command to start again",
  start: (engine, { args, flags, config }) =>
    engine.import({
      sources: args,
      corpus: {
        key: flags.key ?? config.corpus?.key ?? usualCorpus.key,
        text: flags.text ?? config.corpus?.text ?? usualCorpus.text,
      },
      format: flags.format,
      mode: flags.mode,
    }),
  present: (result: ImportResult, { config }) => [
    line(
      `${formatCountOf(result.rows, "row")} imported${config.table === null ? "" : ` into ${config.table}`} ` +
        `in ${formatDuration(result.seconds)} (${formatRate(result.rowsPerSecond, "rows")}, ${formatBytes(result.bytes)} read)`,
    ),
  ],
});
