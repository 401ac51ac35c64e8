import { ReembedError } from "../core/errors.ts";

/** Signals that ask a command to stop, and the exit code of each. Source: 128 + the signal's number. */
export const stopSignals = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof stopSignals;

/**
 * Signals this soon after the first are the same wish: a terminal sends Ctrl-C to every process of
 * the group, and a launcher among them (npm) passes it on once more.
 */
const sameWishMs = 200;

/** What signals come from: the process, or in tests an emitter. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

/** A request to stop. */
export interface StopRequest {
  readonly signal: StopSignal;
  /** The error that the work ends with. */
  readonly reason: ReembedError;
}

/** A command's way to be stopped: its work listens to `signal`. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** What asked to stop; null where nothing did. */
  received(): StopRequest | null;
  /** Gives the signals back to whoever had them. */
  stop(): void;
}

/** Listens for signals: the first one asks the work to stop, a second one ends it. */
export function watchSignals(
  source: SignalSource,
  options: {
    /** What an interruption leaves behind: a sentence. */
    readonly message: string;
    readonly nowMs: () => number;
    readonly onFirst: () => void;
    readonly onSecond: (reason: ReembedError, exitCode: number) => void;
  },
): Interruption {
  const controller = new AbortController();
  let first: (StopRequest & { readonly atMs: number }) | null = null;

  const receive = (signal: StopSignal): void => {
    if (first === null) {
      const reason = new ReembedError("REEMBED_INTERRUPTED", options.message, { details: { signal } });
      first = { signal, reason, atMs: options.nowMs() };
      options.onFirst();
      controller.abort(reason);
    } else if (options.nowMs() - first.atMs >= sameWishMs) {
      options.onSecond(first.reason, stopSignals[first.signal]);
    }
  };
  const listeners = {
    SIGINT: () => receive("SIGINT"),
    SIGTERM: () => receive("SIGTERM"),
  } as const satisfies Record<StopSignal, () => void>;
  source.on("SIGINT", listeners.SIGINT);
  source.on("SIGTERM", listeners.SIGTERM);

  return {
    signal: controller.signal,
    received: () => first,
    stop() {
      source.off("SIGINT", listeners.SIGINT);
      source.off("SIGTERM", listeners.SIGTERM);
    },
  };
}
