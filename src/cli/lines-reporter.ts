import type { ReembedEvent } from "../core/events.ts";
import { renderReport } from "../observe/report.ts";
import { printableText } from "../observe/text-width.ts";
import { type Activity, nextActivity } from "./activity.ts";
import { describeError } from "./describe-error.ts";
import { describeEvent, isProgress } from "./describe-event.ts";
import { progressLine } from "./progress-line.ts";
import type { Reporter } from "./reporter.ts";
import type { Terminal } from "./terminal.ts";

/** Time between two progress lines in a log: often enough to see life, seldom enough to read. */
const lineIntervalMs = 5_000;

export interface PeopleStreams {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** Which events are told: all, or, with `--quiet`, warnings alone. */
export function toldEvent(event: ReembedEvent, quiet: boolean): boolean {
  return !quiet || event.event === "warning:raised";
}

/** Says what ends a command: the result on standard output, an error on standard error. */
export function endReporter({ stdout, stderr }: PeopleStreams): Pick<Reporter, "result" | "error"> {
  return {
    result(_command, outcome) {
      const lines = renderReport(outcome.present(), stdout.columns(), stdout.style.heading);
      stdout.write(lines.map((line) => `${line}\n`).join(""));
    },
    error(error, context) {
      const lines = describeError(error, context, stderr);
      stderr.write(lines.map((line) => `${line}\n`).join(""));
    },
  };
}

/** Plain lines on standard error, for logs and pipes: what happens, and now and then how far it is. */
export function createLinesReporter(
  streams: PeopleStreams,
  options: { readonly quiet: boolean; readonly nowMs: () => number },
): Reporter {
  const { stderr } = streams;
  let activity: Activity | null = null;
  let lastLineMs = options.nowMs();
  let story = false;

  const write = (lines: readonly string[]): void => {
    for (const line of lines) stderr.write(`${printableLine(line)}\n`);
  };

  return {
    ...endReporter(streams),
    event(event) {
      if (!toldEvent(event, options.quiet)) return;
      const nowMs = options.nowMs();
      activity = nextActivity(activity, event, nowMs);
      story ||= event.event === "step:started";
      if (!isProgress(event)) return write(tellableLines(event, story));
      if (activity === null || nowMs - lastLineMs < lineIntervalMs) return;
      lastLineMs = nowMs;
      write([progressLine(activity, nowMs, stderr.columns())]);
    },
    notice: (text) => write([text]),
    close() {},
  };
}

/** The lines of an event; inside a story told in steps, the steps and warnings alone. */
export function tellableLines(event: ReembedEvent, story: boolean): readonly string[] {
  const partOfStory = event.event.startsWith("step:") || event.event === "warning:raised";
  return story && !partOfStory ? [] : describeEvent(event);
}

/** A line made harmless, with its indentation. */
export function printableLine(line: string): string {
  const indent = line.length - line.trimStart().length;
  return " ".repeat(indent) + printableText(line.slice(indent));
}
