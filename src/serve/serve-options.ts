import { isIP } from "node:net";
import { ReembedError } from "../core/errors.ts";

/** How a server serves. Everything is decided; what is left out has no meaning here. */
export interface ServeOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Time from the end of one run of the jobs to the next; null: no jobs. Unit: milliseconds. */
  readonly everyMs: number | null;
  /** What callers must bring; null: none is asked for, which the loopback alone may do. */
  readonly token: string | null;
  /** Searches at the same time, at most. */
  readonly concurrency: number;
  /** Requests a second of one address, at most. */
  readonly ratePerSecond: number;
}

/** As many letters as make guessing hopeless at any rate that is let in: 16 of hex are 64 bits. */
const tokenChars = 16;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Timers of Node end at 2^31 ms. */
const longestMs = 24 * 86_400_000;

/**
 * Refuses what would be open to the network without a token, or has one that can be guessed.
 * @throws REEMBED_USAGE
 */
export function checkServeOptions({ host, port, token }: ServeOptions): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ReembedError("REEMBED_USAGE", `${port} is no port: write a number from 0 to 65535`);
  }
  if (token === null && !isLoopback(host)) {
    throw new ReembedError(
      "REEMBED_USAGE",
      `on ${host} others can reach this server, so callers need a token: set REEMBED_SERVE_TOKEN or --token-file, or listen on 127.0.0.1`,
    );
  }
  if (token !== null && token.length < tokenChars) {
    throw new ReembedError(
      "REEMBED_USAGE",
      `the token has ${token.length} characters, and fewer than ${tokenChars} can be guessed: make one with openssl rand -hex 32`,
    );
  }
}

/** `15m`, `30s`, `6h`, `1d` in milliseconds; null for `never`. @throws REEMBED_USAGE */
export function parseEvery(written: string): number | null {
  if (written === "never") return null;
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(written) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (ms >= 1000 && ms <= longestMs) return ms;
  throw new ReembedError(
    "REEMBED_USAGE",
    `${JSON.stringify(written)} is no interval: write a number with s, m, h or d, such as 15m, from 1s to 24d, or never`,
  );
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}
