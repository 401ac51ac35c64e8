import { wrapText } from "../observe/text-width.ts";
import { type Activity, nextActivity } from "./activity.ts";
import { isProgress } from "./describe-event.ts";
import {
  endReporter,
  type PeopleStreams,
  printableLine,
  tellableLines,
  toldEvent,
} from "./lines-reporter.ts";
import { progressLine } from "./progress-line.ts";
import type { Reporter } from "./reporter.ts";

/** Redraws at most ten times a second: smooth to the eye, and nothing to a terminal over a network. */
const drawIntervalMs = 100;

/** Redraws without events, so that the time passes while an index is built. */
const tickIntervalMs = 1_000;

/** Carriage return, then "erase in line". Source: ECMA-48, 8.3.41. */
const eraseLine = "\r\u001b[2K";

/** One progress line on standard error, redrawn in place; other lines scroll by above it. */
export function createTerminalReporter(
  streams: PeopleStreams,
  options: { readonly quiet: boolean; readonly nowMs: () => number },
): Reporter {
  const { stderr } = streams;
  const end = endReporter(streams);
  let activity: Activity | null = null;
  let drawn = false;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let story = false;
  let ticker: NodeJS.Timeout | null = null;

  const erase = (): void => {
    if (drawn) stderr.write(eraseLine);
    drawn = false;
  };
  const draw = (): void => {
    if (activity === null) return erase();
    const nowMs = options.nowMs();
    // The last column stays free: many terminals wrap when it is written to.
    const text = progressLine(activity, nowMs, stderr.columns() - 1);
    stderr.write(`${eraseLine}${stderr.style.faint(text)}`);
    drawn = true;
    drawnMs = nowMs;
    ticker ??= setInterval(draw, tickIntervalMs).unref();
  };
  const close = (): void => {
    if (ticker !== null) clearInterval(ticker);
    ticker = null;
    activity = null;
    erase();
  };
  const write = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    erase();
    for (const line of lines) stderr.write(`${line}\n`);
  };

  return {
    event(event) {
      if (!toldEvent(event, options.quiet)) return;
      activity = nextActivity(activity, event, options.nowMs());
      story ||= event.event === "step:started";
      if (isProgress(event)) {
        if (options.nowMs() - drawnMs >= drawIntervalMs) draw();
        return;
      }
      const style =
        event.event === "step:started"
          ? stderr.style.heading
          : event.event === "warning:raised"
            ? stderr.style.warning
            : stderr.style.faint;
      const shown = event.event === "step:finished" ? (text: string) => text : style;
      write(tellableLines(event, story).map((line) => shown(printableLine(line))));
      if (options.quiet) return;
      draw();
    },
    notice(text) {
      write(wrapText(text, stderr.columns()).map(stderr.style.warning));
      draw();
    },
    result(command, outcome) {
      close();
      end.result(command, outcome);
    },
    error(error, context) {
      close();
      end.error(error, context);
    },
    close,
  };
}
