import type { ReembedError } from "../core/errors.ts";
import type { ReembedEvent } from "../core/events.ts";
import type { Outcome } from "./command.ts";
import type { ErrorContext } from "./describe-error.ts";

/** Tells whoever started the command how it goes. Order: events and notices, then one end. */
export interface Reporter {
  event(event: ReembedEvent): void;
  /** A sentence from the command line itself. */
  notice(text: string): void;
  result(command: string, outcome: Outcome): void;
  error(error: ReembedError, context: ErrorContext): void;
  /** Leaves the terminal as it was found. May be called at any moment, and more than once. */
  close(): void;
}
