import { styleText } from "node:util";
import { ReembedError } from "../core/errors.ts";
import type { Emphasis } from "../observe/table.ts";

/** Where a command writes: standard output or standard error, as the rest of the room sees them. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Columns at this moment; without end where it is no terminal. */
  readonly columns: () => number;
  readonly style: Style;
  write(text: string): void;
  /** Waits until what was written has left the process. @throws REEMBED_INTERNAL where it could not */
  flush(): Promise<void>;
}

/** Marks in a text; the identity where there is no colour. */
export interface Style {
  readonly heading: Emphasis;
  readonly faint: Emphasis;
  readonly good: Emphasis;
  readonly bad: Emphasis;
  readonly warning: Emphasis;
}

const plain = (text: string): string => text;

const plainStyle: Style = { heading: plain, faint: plain, good: plain, bad: plain, warning: plain };

const colours = {
  heading: "bold",
  faint: "dim",
  good: "green",
  bad: "red",
  warning: "yellow",
} as const satisfies Record<keyof Style, Parameters<typeof styleText>[0]>;

const colouredStyle: Style = {
  heading: (text) => styleText(colours.heading, text, { validateStream: false }),
  faint: (text) => styleText(colours.faint, text, { validateStream: false }),
  good: (text) => styleText(colours.good, text, { validateStream: false }),
  bad: (text) => styleText(colours.bad, text, { validateStream: false }),
  warning: (text) => styleText(colours.warning, text, { validateStream: false }),
};

/** The members of a process's stream that a terminal is made of. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Width of a terminal that does not say how wide it is. */
const usualColumns = 80;

/**
 * Wraps a stream of the process. A reader that has gone away (`| head`) is no failure: what is left
 * to say is dropped, and the work goes on.
 * Source: no-color.org for NO_COLOR: set and not empty means no colour.
 */
export function openTerminal(
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY === true && env["TERM"] !== "dumb";
  const colour = isTerminal && (env["NO_COLOR"] ?? "") === "";
  let readerGone = false;
  let failure: Error | null = null;
  const fail = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") readerGone = true;
    else failure ??= error;
  };
  stream.on("error", fail);

  return {
    isTerminal,
    columns: () => (isTerminal ? stream.columns || usualColumns : Number.POSITIVE_INFINITY),
    style: colour ? colouredStyle : plainStyle,
    write(text) {
      if (!readerGone && failure === null) stream.write(text, () => {});
    },
    async flush() {
      if (!readerGone && failure === null) {
        await new Promise<void>((resolve) => {
          stream.write("", () => resolve());
        });
      }
      if (failure !== null) {
        throw new ReembedError("REEMBED_INTERNAL", `the output could not be written: ${failure.message}`, {
          cause: failure,
        });
      }
    },
  };
}
