import { exitCodes } from "../core/errors.ts";
import { wrapText } from "../observe/text-width.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { type FlagSpecs, flagUsage } from "./flags.ts";
import { outputFlags, tableFlags } from "./global-flags.ts";

/** Lines longer than this are hard to read, however wide the terminal is. */
const mostColumns = 80;

/** In fewer columns nothing would be left beside the names. */
const fewestColumns = 40;

/** Columns that help is written in on a terminal of so many. */
function columnsOf(terminalColumns: number): number {
  return Math.max(fewestColumns, Math.min(mostColumns, terminalColumns));
}

/** What each exit code means, for the help of the program. */
const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "done",
  internal: "a defect in reembed",
  usage: "usage or configuration, an unpinned model included",
  corpus: "corpus: a source cannot be read, or its rows cannot be used",
  model: "model: missing, incomplete, damaged, or not what the lock says",
  provider: "provider",
  store: "store: table, version or database",
  incomplete: "done, but rows were skipped or failed",
  check: "a check or gate failed, or could not be measured",
  interrupted: "interrupted (Ctrl-C); resumable",
  terminated: "terminated; resumable",
};

/** The help of the whole program, on a terminal of so many columns. */
export function programHelp(version: string, terminalColumns: number = mostColumns): string {
  const helpColumns = columnsOf(terminalColumns);
  return [
    `reembed ${version}`,
    ...wrapText(
      "Re-embeds a LanceDB table with another model while it is being searched, and never mixes two vector spaces.",
      helpColumns,
    ),
    "",
    "Usage",
    "  reembed COMMAND [flags]",
    "  reembed help COMMAND",
    "",
    "Commands",
    ...entries(
      Object.values(commands).map(({ usage, summary }) => [usage, summary] as const),
      helpColumns,
    ),
    "",
    "A migration",
    "  reembed import docs.parquet --table docs",
    "  reembed backfill --table docs --to bundled:potion-base-4m-int8",
    "  reembed backfill --table docs --to bundled:all-MiniLM-L6-v2",
    "  reembed switch --table docs --to v2",
    "",
    "Models",
    ...entries(
      [
        ["bundled:NAME", "comes with reembed: potion-base-4m-int8, all-MiniLM-L6-v2"],
        ["local:PATH", "a model package on disk, pinned in reembed.lock.json"],
        ["hf:OWNER/NAME@REVISION", "from the Hugging Face hub, by full commit hash"],
        ["PROVIDER:MODEL", "computed by openai, cohere, voyage, ollama and others, by versioned name"],
      ],
      helpColumns,
    ),
    ...flagSection("Flags of every command", { ...tableFlags, ...outputFlags }, helpColumns),
    "",
    "Exit codes",
    ...entries(
      Object.entries(exitCodes).map(
        ([name, code]) => [String(code), exitMeanings[name as keyof typeof exitCodes]] as const,
      ),
      helpColumns,
    ),
    "",
  ].join("\n");
}

/** The help of one command, on a terminal of so many columns. */
export function commandHelp(name: string, command: Command, terminalColumns: number = mostColumns): string {
  const helpColumns = columnsOf(terminalColumns);
  const required = Object.entries(command.flags).filter(([, spec]) => spec.required === true);
  const usage = [
    `reembed ${name}`,
    ...(command.argument === null ? [] : [command.argument.placeholder]),
    ...required.map(([flag, spec]) => flagUsage(flag, spec)),
    "[flags]",
  ].join(" ");
  return [
    "Usage",
    `  ${usage}`,
    "",
    ...wrapText(command.about, helpColumns),
    ...(command.argument === null
      ? []
      : ["", ...entries([[command.argument.placeholder, command.argument.about]], helpColumns)]),
    ...flagSection("Flags", command.flags, helpColumns),
    ...flagSection("Shared flags", command.sharedFlags, helpColumns),
    "",
    "Examples",
    ...command.examples.flatMap(([commandLine, what]) => [`  # ${what}`, `  ${commandLine}`]),
    "",
  ].join("\n");
}

function flagSection(title: string, specs: FlagSpecs, helpColumns: number): string[] {
  const rows = Object.entries(specs).map(([name, spec]) => {
    const usual = "default" in spec ? ` (default: ${spec.default})` : "";
    return [flagUsage(name, spec), `${spec.about}${usual}`] as const;
  });
  return rows.length === 0 ? [] : ["", title, ...entries(rows, helpColumns)];
}

/** Names in one column and what they mean in another; a long name has a line to itself. */
function entries(rows: readonly (readonly [name: string, meaning: string])[], helpColumns: number): string[] {
  const mostNameColumns = Math.min(26, helpColumns - 28);
  const nameColumns = Math.min(mostNameColumns, Math.max(...rows.map(([name]) => name.length)));
  const indent = " ".repeat(2 + nameColumns + 2);
  return rows.flatMap(([name, meaning]) => {
    const [first = "", ...rest] = wrapText(meaning, helpColumns - indent.length);
    const head =
      name.length > nameColumns
        ? [`  ${name}`, `${indent}${first}`]
        : [`  ${name.padEnd(nameColumns)}  ${first}`];
    return [...head, ...rest.map((line) => `${indent}${line}`)];
  });
}
