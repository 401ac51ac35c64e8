import { exitCodes, ReembedError } from "../core/errors.ts";
import type { Outcome } from "./command.ts";
import type { ErrorContext } from "./describe-error.ts";
import type { Engine } from "./engine-port.ts";
import type { Host } from "./host.ts";
import { type Interruption, stopSignals, watchSignals } from "./interruption.ts";
import { packageVersion } from "./package-version.ts";
import type { CommandLine } from "./read-command-line.ts";
import type { Reporter } from "./reporter.ts";

const drainNotice = "finishing what is in flight; press Ctrl-C again to stop at once";

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
  const text = (flag: string): string | undefined => {
    const value = parsed.values[flag];
    return typeof value === "string" ? value : undefined;
  };
  let reporter = toPeople;

  const interruption = watchSignals(host.signals, {
    message: command.interrupted,
    nowMs: host.nowMs,
    onFirst: () => reporter.notice(drainNotice),
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
    const config = await host.loadConfig({
      configFile: text("config"),
      cwd: host.cwd,
      env: host.env,
      flags: { db: text("db"), table: text("table"), ...command.settings(parsed) },
    });
    const logFile = text("log");
    if (logFile !== undefined) {
      const { withDiagnosticLog } = await import("./diagnostic-log.ts");
      const subject = { command: name, version: packageVersion(), config };
      reporter = withDiagnosticLog(toPeople, logFile, subject, host.nowMs);
    }
    const engine = await host.openEngine(config, {
      signal: interruption.signal,
      pin: parsed.values["pin"] === true,
    });
    const outcome = await closing(engine, reporter, () =>
      command.run(engine, parsed, config, (event) => reporter.event(event)),
    );
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

/** Runs work on an engine and closes it, whatever comes of the work. */
async function closing(engine: Engine, reporter: Reporter, work: () => Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await work();
  } catch (thrown) {
    try {
      await engine.close();
    } catch (closeThrown) {
      // The first error is the one to end with; this one must be seen all the same.
      reporter.notice(`closing failed too: ${ReembedError.from(closeThrown).message}`);
    }
    throw thrown;
  }
  await engine.close();
  return outcome;
}

/** The error that a command ends with: the interruption, where that is why the work failed. */
function endOf(
  thrown: unknown,
  interruption: Interruption,
): { readonly error: ReembedError; readonly exitCode: number } {
  const received = interruption.received();
  if (received !== null && stemsFromAbort(thrown, received.reason)) {
    return { error: received.reason, exitCode: stopSignals[received.signal] };
  }
  const error = ReembedError.from(thrown);
  return { error, exitCode: error.exitCode };
}

/** Whether an error, or one that caused it, is the abort of the signal. */
function stemsFromAbort(thrown: unknown, reason: ReembedError): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error === reason || error.name === "AbortError") return true;
    if (error instanceof ReembedError && error.code === "REEMBED_INTERRUPTED") return true;
  }
  return false;
}
