import type { IncomingHttpHeaders } from "node:http";

/** A request as routes see it: its body is read and within bounds. */
export interface MockCall {
  readonly path: string;
  /** Named groups of the route's pattern. */
  readonly groups: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Unit: milliseconds of `performance.now()`. */
  readonly arrivedMs: number;
}

/** How a body travels. `cut`: the connection ends half-way. `stall`: nothing is ever sent. */
export type Delivery =
  | { readonly kind: "whole" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "cut" }
  | { readonly kind: "stall" };

export interface MockReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A path: the content of that file. */
  readonly body: string | { readonly path: string };
  readonly delivery: Delivery;
}

/** One thing that the server answers. */
export interface MockRoute {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: RegExp;
  readonly maxBytes: number;
  /** Whether it asks for the API key, where one is set. */
  readonly guarded: boolean;
  answer(call: MockCall): Promise<MockReply>;
}

/** A JSON answer that arrives whole. */
export function jsonReply(status: number, value: unknown, headers: MockReply["headers"] = {}): MockReply {
  return {
    status,
    headers,
    body: typeof value === "string" ? value : JSON.stringify(value),
    delivery: { kind: "whole" },
  };
}
