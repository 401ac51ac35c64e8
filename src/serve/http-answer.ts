import { type ErrorCode, exitCodes, type ExitCode, ReembedError } from "../core/errors.ts";
import { jsonText } from "../core/json-text.ts";

/** What is sent for one request. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a class of errors means to a caller, where the code itself says nothing else. */
const statusByExit: Readonly<Record<ExitCode, number>> = {
  [exitCodes.ok]: 200,
  [exitCodes.internal]: 500,
  [exitCodes.usage]: 400,
  [exitCodes.corpus]: 500,
  [exitCodes.model]: 500,
  [exitCodes.provider]: 502,
  [exitCodes.store]: 500,
  [exitCodes.incomplete]: 422,
  [exitCodes.check]: 409,
  [exitCodes.interrupted]: 503,
  [exitCodes.terminated]: 503,
};

const statusByCode: Partial<Readonly<Record<ErrorCode, number>>> = {
  // The configuration is the server's own: nothing that a caller wrote.
  REEMBED_CONFIG_UNREADABLE: 500,
  REEMBED_CONFIG_INVALID: 500,
  REEMBED_CONFIG_UNPINNED: 500,
  REEMBED_CONFIG_REFERENCE: 500,
  REEMBED_PROVIDER_QUOTA: 503,
  REEMBED_PROVIDER_UNAVAILABLE: 503,
  REEMBED_STORE_TABLE_MISSING: 404,
  REEMBED_STORE_VERSION_MISSING: 404,
  REEMBED_STORE_STATE: 409,
  REEMBED_SERVE_AUTH: 401,
  REEMBED_SERVE_RATE: 429,
  REEMBED_SERVE_BUSY: 503,
  REEMBED_SERVE_BODY: 413,
  REEMBED_SERVE_ROUTE: 404,
  REEMBED_SERVE_TYPE: 415,
};

/** Seconds after which trying again makes sense: soon where others are being served, later where a provider is down. */
const retryAfter: Partial<Readonly<Record<ErrorCode, string>>> = {
  REEMBED_SERVE_RATE: "1",
  REEMBED_SERVE_BUSY: "1",
  REEMBED_PROVIDER_QUOTA: "30",
  REEMBED_PROVIDER_UNAVAILABLE: "10",
  REEMBED_INTERRUPTED: "5",
};

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: `${jsonText(value)}\n`,
  };
}

/** An error as callers see it: its code, and, unless it is a fault of this program, its message. */
export function errorAnswer(thrown: unknown): HttpAnswer & { readonly code: ErrorCode } {
  const { code, message, details, exitCode } = ReembedError.from(thrown);
  const status = statusByCode[code] ?? statusByExit[exitCode];
  const wait = retryAfter[code];
  const told = code === "REEMBED_INTERNAL" ? "an error inside of reembed; its log tells more" : message;
  const headers = {
    ...(wait === undefined ? {} : { "retry-after": wait }),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    // What is left of a body that was not read would be taken for the next request.
    ...(status === 413 ? { connection: "close" } : {}),
  };
  return { ...jsonAnswer(status, { error: { code, message: told, details } }, headers), code };
}
