import { exitCodes, ReembedError } from "../core/errors.ts";
import type { ErrorContext } from "./describe-error.ts";
import type { Host } from "./host.ts";
import { type Interruption, stopSignals, watchSignals } from "./interruption.ts";
import { packageVersion } from "./package-version.ts";
import type { CommandLine } from "./read-command-line.ts";
import type { Reporter } from "./reporter.ts";

const drainNotice = "finishing what is in flight; press Ctrl-C again to stop at once";

/** LanceDB builds an index in one call, and commits it at its end: ended before, the table stays as it was. */
const indexNotice =
  "the build of the index under way cannot be stopped, and is waited for; press Ctrl-C again to end at once: the table stays whole, and the same command builds the index again";

export interface CommandSurroundings {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly context: ErrorContext;
}

/**
 * Runs one command from its configuration to its last word, and answers with the exit code. A first
 * signal lets the work drain, a second one ends the process.
 */
export async function runCommand(
  commandLine: Extract<CommandLine, { kind: "command" }>,
  { host, reporter: toPeople, context }: CommandSurroundings,
): Promise<number> {
  const { name, command, parsed } = commandLine;
  let reporter = toPeople;
  let isIndexing = false;

  const interruption = watchSignals(host.signals, {
    message: command.interrupted,
    nowMs: host.nowMs,
    onFirst: () => reporter.notice(isIndexing ? indexNotice : drainNotice),
    onSecond: (reason, exitCode) => {
      reporter.error(reason, context);
      reporter.close();
      host.exit(exitCode);
    },
  });
  const crash = (thrown: unknown): void => {
    reporter.error(ReembedError.from(thrown), context);
    reporter.close();
    host.exit(exitCodes.internal);
  };
  host.signals.on("uncaughtException", crash);

  try {
    const logFile = parsed.values["log"];
    if (typeof logFile === "string") {
      const { withDiagnosticLog } = await import("./diagnostic-log.ts");
      const subject = { command: name, args: parsed.args, flags: parsed.values, version: packageVersion() };
      reporter = withDiagnosticLog(toPeople, logFile, subject, host.nowMs);
    }
    const outcome = await command.run({
      parsed,
      host,
      signal: interruption.signal,
      event(event) {
        if (event.event === "index:started") isIndexing = true;
        else if (event.event === "index:finished") isIndexing = false;
        reporter.event(event);
      },
      notice: (text) => reporter.notice(text),
    });
    reporter.result(name, outcome);
    return outcome.exitCode;
  } catch (thrown) {
    const { error, exitCode } = endOf(thrown, interruption);
    reporter.error(error, context);
    return exitCode;
  } finally {
    interruption.stop();
    host.signals.off("uncaughtException", crash);
  }
}

/** The error that a command ends with: the interruption, where that is why the work failed. */
function endOf(
  thrown: unknown,
  interruption: Interruption,
): { readonly error: ReembedError; readonly exitCode: number } {
  const received = interruption.received();
  if (received !== null && stemsFromAbort(thrown, received.reason)) {
    return { error: withLedger(received.reason, thrown), exitCode: stopSignals[received.signal] };
  }
  const error = ReembedError.from(thrown);
  return { error, exitCode: error.exitCode };
}

/** The interruption, with what a provider had been paid by then where the error that it caused tells. */
function withLedger(reason: ReembedError, thrown: unknown): ReembedError {
  const ledger = thrown instanceof ReembedError ? thrown.details["ledger"] : undefined;
  if (ledger === undefined) return reason;
  return new ReembedError(reason.code, reason.message, {
    details: { ...reason.details, ledger },
    cause: thrown,
  });
}

/** Whether an error, or one that caused it, is the abort of the signal. */
function stemsFromAbort(thrown: unknown, reason: ReembedError): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error === reason || error.name === "AbortError") return true;
    if (error instanceof ReembedError && error.code === "REEMBED_INTERRUPTED") return true;
  }
  return false;
}
