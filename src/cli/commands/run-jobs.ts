import { describeAlert } from "../../core/deprecations.ts";
import { errorKinds, type ExitCode, exitCodes } from "../../core/errors.ts";
import type { JobReport, RunJobsResult } from "../../core/verbs-jobs.ts";
import { formatDuration } from "../../observe/quantities.ts";
import { type Block, line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

export const runJobsCommand = defineTableCommand({
  about:
    "Does once what keeps a table in order, for cron: lets go of versions that are due, checks each model " +
    "against its pinned vectors and the calendar of models that end, fills what live versions lack, and " +
    "follows the configured model as far as jobs.follow says. One run at a time. It exits with the code of " +
    "the first job that failed; the others are done all the same.",
  argument: null,
  flags: {
    dryRun: { kind: "switch", about: "say what would be done; change nothing and ask no model" },
  },
  examples: [
    ["reembed run-jobs --table docs --dry-run", "what is to be done"],
    ["reembed run-jobs --table docs --quiet", "for cron: it speaks only of errors"],
  ],
  interrupted: "interrupted; what was committed stays, the next run goes on",
  start: (engine, { flags }) => engine.runJobs({ dryRun: flags.dryRun }),
  exitCode: ({ jobs }: RunJobsResult): ExitCode => {
    const failed = jobs.find(({ state }) => state === "failed");
    return failed === undefined ? exitCodes.ok : errorKinds[failed.code ?? "REEMBED_INTERNAL"].exit;
  },
  present: ({ jobs, deprecations, seconds, dryRun }: RunJobsResult): Block[] => [
    table(
      ["job", "version", "state", "what"],
      jobs.map(({ job, version, state, message, code }) => [
        job,
        version ?? "",
        state,
        code === null ? firstLine(message) : `${firstLine(message)} (${code})`,
      ]),
      { cut: ["what"] },
    ),
    ...deprecations
      .filter(({ level }) => level !== null)
      .map((alert) => line(`warning: ${describeAlert(alert)}`)),
    line(`${dryRun ? "looked at" : "done"} in ${formatDuration(seconds)}${failures(jobs)}`),
  ],
});

function firstLine(message: string): string {
  return message.split("\n")[0] ?? "";
}

function failures(jobs: readonly JobReport[]): string {
  const failed = jobs.filter(({ state }) => state === "failed").length;
  return failed === 0 ? "" : `; ${failed} of ${jobs.length} jobs failed`;
}
