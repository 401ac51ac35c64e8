import { openSync } from "node:fs";
import { arch, availableParallelism, platform } from "node:os";
import { destination, pino } from "pino";
import { ReembedError } from "../core/errors.ts";
import { isProgress } from "./describe-event.ts";
import type { Reporter } from "./reporter.ts";

/** Progress in a log is for reading how a rate went over hours, not for watching. */
const progressIntervalMs = 10_000;

/** User and password of a URI, and the value of a parameter that names a secret. */
const secrets = /(?<=:\/\/)[^/\s"@]+(?=@)|(?<=(?:key|token|secret|password|sig)=)[^&\s"]+/gi;

export interface LogSubject {
  readonly command: string;
  readonly args: readonly string[];
  readonly flags: object;
  readonly version: string;
}

/**
 * Makes a reporter that also appends what it is told to a file, dated, one JSON object a line; for
 * looking into a long run afterwards. Credentials in URIs are left out; the environment is never
 * logged. @throws REEMBED_USAGE where the file cannot be opened
 */
export function withDiagnosticLog(
  reporter: Reporter,
  file: string,
  subject: LogSubject,
  nowMs: () => number,
): Reporter {
  const log = pino(
    {
      level: "debug",
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => line.replaceAll(secrets, "***") },
    },
    // Written through at once: the log matters most when the process dies.
    destination({ dest: openForAppend(file), sync: true }),
  );
  log.info(
    { ...subject, node: process.version, platform: platform(), arch: arch(), cores: availableParallelism() },
    "started",
  );
  let progressMs = Number.NEGATIVE_INFINITY;

  return {
    event(event) {
      reporter.event(event);
      if (isProgress(event)) {
        if (nowMs() - progressMs < progressIntervalMs) return;
        progressMs = nowMs();
        log.debug(event);
      } else if (event.event === "warning:raised") {
        log.warn(event);
      } else {
        log.info(event);
      }
    },
    notice(text) {
      reporter.notice(text);
      log.info({ notice: text });
    },
    result(command, outcome) {
      reporter.result(command, outcome);
      log.info({ exitCode: outcome.exitCode }, "finished");
    },
    error(error, context) {
      reporter.error(error, context);
      log.error({ code: error.code, details: error.details, stack: error.stack }, error.message);
    },
    close: () => reporter.close(),
  };
}

function openForAppend(file: string): number {
  try {
    return openSync(file, "a");
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_USAGE", `the log ${file} cannot be written`);
  }
}
