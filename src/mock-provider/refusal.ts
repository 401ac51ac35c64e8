import type { RetryHint } from "./settings.ts";

/** Why a request was not answered: the words of the ledger. */
export type RefusalReason =
  | "limit-requests"
  | "limit-tokens"
  | "limit-concurrency"
  | "random-429"
  | "random-5xx"
  | "poisoned"
  | "too-large"
  | "invalid"
  | "unauthorized"
  | "model-missing"
  | "not-found";

/** A refusal as data; each wire format writes it in its own words. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly status: number;
  readonly message: string;
  /** OpenAI's `type`, `code` and `param`. */
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  /** When to come back, where the provider says so. */
  readonly retry: { readonly ms: number; readonly hint: RetryHint } | null;
}

interface RefusalOptions {
  readonly code?: string | null;
  readonly param?: string | null;
  readonly type?: string;
}

/** A request that would be refused again, however often it came. */
export function invalidRequest(
  message: string,
  options: RefusalOptions & { reason?: RefusalReason; status?: number } = {},
): Refusal {
  return {
    reason: options.reason ?? "invalid",
    status: options.status ?? 400,
    message,
    type: options.type ?? "invalid_request_error",
    code: options.code ?? null,
    param: options.param ?? null,
    retry: null,
  };
}

/** A refusal for a limit. @param type what the limit counts: `requests` or `tokens` */
export function tooManyRequests(
  reason: RefusalReason,
  message: string,
  retry: Refusal["retry"],
  type = "requests",
): Refusal {
  return { reason, status: 429, message, type, code: "rate_limit_exceeded", param: null, retry };
}

/** An error of the server itself. */
export function serverError(reason: RefusalReason, status: number, message: string): Refusal {
  return { reason, status, message, type: "server_error", code: null, param: null, retry: null };
}

/** The headers that say when to come back. Source: RFC 9110 (whole seconds), and OpenAI's `retry-after-ms`. */
export function retryHeaders({ retry }: Refusal): Record<string, string> {
  if (retry === null) return {};
  switch (retry.hint) {
    case "seconds":
      return { "retry-after": String(Math.max(1, Math.ceil(retry.ms / 1_000))) };
    case "milliseconds":
      return { "retry-after-ms": String(Math.max(1, Math.ceil(retry.ms))) };
    case "none":
      return {};
  }
}
