import { exitCodes, ReembedError } from "../core/errors.ts";
import { describeError, type ErrorContext } from "./describe-error.ts";
import { commandHelp, programHelp } from "./help.ts";
import { type Host, processHost } from "./host.ts";
import { createJsonReporter } from "./json-reporter.ts";
import { createLinesReporter } from "./lines-reporter.ts";
import { packageVersion } from "./package-version.ts";
import { usageError } from "./parse-arguments.ts";
import { type CommandLine, namedCommand, readCommandLine } from "./read-command-line.ts";
import type { Reporter } from "./reporter.ts";
import { runCommand } from "./run-command.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { createTerminalReporter } from "./terminal-reporter.ts";

/** Runs a command line and answers with the exit code. It never rejects. */
export async function run(argv: readonly string[], host: Host = processHost()): Promise<number> {
  const stdout = openTerminal(host.stdout, host.env);
  const stderr = openTerminal(host.stderr, host.env);
  const reporter = createReporter(argv, host, stdout, stderr);
  const context: ErrorContext = {
    command: namedCommand(argv),
    debug: !["", "0"].includes(host.env["REEMBED_DEBUG"] ?? ""),
  };

  let exitCode: number;
  try {
    const commandLine = await readCommandLine(argv);
    exitCode =
      commandLine.kind === "command"
        ? await runCommand(commandLine, { host, reporter, context })
        : answer(commandLine, argv, stdout, stderr);
  } catch (thrown) {
    const error = ReembedError.from(thrown);
    reporter.error(error, context);
    exitCode = error.exitCode;
  }
  reporter.close();

  try {
    await Promise.all([stdout.flush(), stderr.flush()]);
  } catch (thrown) {
    // What one stream could not take is said on the other, if that one still can.
    const error = ReembedError.from(thrown);
    stderr.write(`${describeError(error, context, stderr).join("\n")}\n`);
    exitCode = error.exitCode;
  }
  return exitCode;
}

/** Whoever reads decides the form: a program, a person at a terminal, or a log. */
function createReporter(argv: readonly string[], host: Host, stdout: Terminal, stderr: Terminal): Reporter {
  // Read before anything is parsed, so that an error in the command line takes the right form too.
  const flags = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  const quiet = flags.includes("--quiet");
  // Where the command writes its data to standard output, everything said goes beside it.
  const said = flags.some(
    (flag, index) => flag === "--out=-" || (flag === "-" && flags[index - 1] === "--out"),
  )
    ? stderr
    : stdout;
  if (flags.includes("--json")) return createJsonReporter(said, { quiet });
  const create = stderr.isTerminal ? createTerminalReporter : createLinesReporter;
  return create({ stdout: said, stderr }, { quiet, nowMs: host.nowMs });
}

/** Answers a command line that runs no command. @throws REEMBED_USAGE where it asks for nothing */
function answer(
  commandLine: Exclude<CommandLine, { kind: "command" }>,
  argv: readonly string[],
  stdout: Terminal,
  stderr: Terminal,
): number {
  switch (commandLine.kind) {
    case "version":
      stdout.write(`${packageVersion()}\n`);
      return exitCodes.ok;
    case "program-help":
      stdout.write(programHelp(packageVersion(), stdout.columns()));
      return exitCodes.ok;
    case "command-help":
      stdout.write(commandHelp(commandLine.name, commandLine.command, stdout.columns()));
      return exitCodes.ok;
    case "nothing":
      if (argv.length > 0) throw usageError("no command is given");
      stderr.write(programHelp(packageVersion(), stderr.columns()));
      return exitCodes.usage;
  }
}
