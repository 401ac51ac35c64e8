import { jsonText } from "../core/json-text.ts";
import type { Reporter } from "./reporter.ts";
import type { Terminal } from "./terminal.ts";

/** NDJSON on standard output: events, and last one result or error. */
export function createJsonReporter(stdout: Terminal, options: { readonly quiet: boolean }): Reporter {
  const write = (envelope: object, payload: object): void => {
    stdout.write(`${jsonText({ ...envelope, ...payload })}\n`);
  };
  return {
    event(event) {
      if (options.quiet && event.event !== "warning:raised") return;
      write({ type: "event" }, event);
    },
    notice() {
      // Programs learn of an interruption from the error that ends the stream.
    },
    result: (command, outcome) => write({ type: "result", command }, outcome.result),
    error: (error) =>
      write({ type: "error" }, { code: error.code, message: error.message, details: error.details }),
    close() {},
  };
}
