import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ReembedError } from "../core/errors.ts";
import { errorAnswer, type HttpAnswer, jsonAnswer } from "./http-answer.ts";
import type { ServeMetrics } from "./metrics.ts";
import type { RequestLimits } from "./request-limits.ts";
import { isLoopback } from "./serve-options.ts";

/** One address of the server. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Open routes tell nothing of the table, and need no token. */
  readonly open: boolean;
  answer(body: string): Promise<HttpAnswer>;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly token: string | null;
  readonly limits: RequestLimits;
  readonly metrics: ServeMetrics;
  /** Aborted once the server drains. */
  readonly signal: AbortSignal;
}

/** A query vector of any model in JSON takes a third of it. */
const maxBodyBytes = 1024 * 1024;

/** A client that sends slower than this holds a connection for nothing. Unit: milliseconds. */
const timeouts = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 } as const;

/** How often Node looks for requests that are late. Unit: milliseconds. */
const connectionsCheckingInterval = 1_000;

/** Longer than any answer takes to be read. Unit: milliseconds. */
const socketTimeoutMs = 60_000;

const maxConnections = 1024;

/** The HTTP side: who may ask, what, how much and how often; what is answered comes from the routes. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { routes, token, limits, metrics, signal } = options;
  const tokenDigest = token === null ? null : digest(token);

  async function answer(request: IncomingMessage): Promise<HttpAnswer> {
    if (!limits.admit(request.socket.remoteAddress ?? "")) {
      throw new ReembedError("REEMBED_SERVE_RATE", "more requests a second than one address may make");
    }
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const there = routes.filter((route) => route.path === path);
    const route = there.find(({ method }) => method === request.method);
    // Whoever has no token learns nothing, not even which addresses there are.
    if (route?.open !== true) checkCaller(request, tokenDigest);
    if (route === undefined) throw noRoute(request, path, there);
    if (route.method === "GET") return route.answer("");
    const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json") {
      // A web page elsewhere can post forms and plain text without asking, and JSON only by leave.
      throw new ReembedError(
        "REEMBED_SERVE_TYPE",
        `the body must be application/json, not ${type ?? "untyped"}`,
      );
    }
    return route.answer(await readBody(request));
  }

  const server = createServer({ ...timeouts, connectionsCheckingInterval }, (request, response) => {
    answer(request)
      .catch((thrown: unknown) => {
        const refused = errorAnswer(thrown);
        metrics.failed(refused.code);
        return refused;
      })
      .then((reply) => {
        const known = routes.find(({ path }) => path === request.url?.split("?")[0]);
        metrics.answered(known?.path ?? "other", reply.status);
        send(response, reply, signal.aborted);
      })
      .catch(() => response.destroy());
  });
  server.maxConnections = maxConnections;
  server.setTimeout(socketTimeoutMs);
  return server;
}

/**
 * Refuses callers without the token. Where there is none, only this machine can call, and then not by
 * another name: a web page whose name is made to lead here would else read the answers.
 */
function checkCaller({ headers }: IncomingMessage, tokenDigest: Buffer | null): void {
  if (tokenDigest === null) {
    const name = (headers.host ?? "").replace(/:\d+$/, "");
    if (isLoopback(name)) return;
    throw new ReembedError(
      "REEMBED_SERVE_AUTH",
      "without a token this server answers to loopback names alone",
    );
  }
  const [, given = ""] = /^Bearer +(.+)$/i.exec(headers.authorization ?? "") ?? [];
  // Digests are of one length, so the time that comparing takes says nothing of the token.
  if (timingSafeEqual(digest(given.trim()), tokenDigest)) return;
  throw new ReembedError(
    "REEMBED_SERVE_AUTH",
    "the token is missing or wrong: send Authorization: Bearer TOKEN",
  );
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function noRoute({ method }: IncomingMessage, path: string, there: readonly Route[]): ReembedError {
  const methods = there.map((route) => route.method).join(", ");
  const advice = methods === "" ? "there are /healthz, /metrics, /active and /search" : `it takes ${methods}`;
  return new ReembedError("REEMBED_SERVE_ROUTE", `${method} ${path} is no address of this server; ${advice}`);
}

/** The whole body. @throws REEMBED_SERVE_BODY as soon as it is longer than allowed */
async function readBody(request: IncomingMessage): Promise<string> {
  const tooLong = (): ReembedError =>
    new ReembedError("REEMBED_SERVE_BODY", `the body is longer than ${maxBodyBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw tooLong();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer, draining: boolean): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...headers,
    "content-length": String(bytes.length),
    "cache-control": "no-store",
    ...(draining ? { connection: "close" } : {}),
  });
  response.end(bytes);
}

/** What `/healthz` says. */
export function healthAnswer(ready: boolean, reason: string | null): HttpAnswer {
  return jsonAnswer(ready ? 200 : 503, { live: true, ready, reason }, ready ? {} : { "retry-after": "5" });
}
