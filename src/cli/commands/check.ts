import { exitCodes } from "../../core/errors.ts";
import { type CheckName, checkNames, type CheckResult } from "../../core/verbs-check.ts";
import { commandLine, line } from "../../observe/report.ts";
import { usageError } from "../parse-arguments.ts";
import { defineTableCommand } from "../table-command.ts";

/** Rows of a version that are embedded again: 1 % of foreign rows are met with 92 % of such samples. */
const sampleRows = 256;

export const checkCommand = defineTableCommand({
  about:
    "Looks a table over and changes nothing: pinned models, vectors of another space (by embedding a sample " +
    "of each version again), canaries, stale rows, coverage, versions that are due, models that end, fine-tunes whose base has a newer revision. It says " +
    "nothing where all is well, else a line for each finding and the command that mends it; it exits with 8 " +
    "where a finding is an error.",
  argument: null,
  flags: {
    only: {
      kind: "list",
      separator: ",",
      placeholder: "CHECKS",
      about: `of ${checkNames.join(", ")}; default all`,
    },
    sample: {
      kind: "count",
      placeholder: "ROWS",
      default: sampleRows,
      about: "rows of each version to embed again",
    },
  },
  examples: [
    ["reembed check --table docs", "for cron and CI: silent where all is well"],
    [
      "reembed check --table docs --only mix,canary --sample 2000 --json",
      "is it all of one space? for a program",
    ],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { flags }) => engine.check({ only: flags.only?.map(checkName), sample: flags.sample }),
  exitCode: ({ findings }: CheckResult) =>
    findings.some(({ level }) => level === "error") ? exitCodes.check : exitCodes.ok,
  present: ({ findings }: CheckResult) =>
    findings.flatMap(({ check, level, message, fix }) => [
      line(`${level} (${check}): ${message}`),
      ...(fix === null ? [] : [commandLine(fix)]),
    ]),
});

function checkName(given: string): CheckName {
  const name = checkNames.find((each) => each === given);
  if (name !== undefined) return name;
  throw usageError(`--only ${given} is no check; there are ${checkNames.join(", ")}`);
}
