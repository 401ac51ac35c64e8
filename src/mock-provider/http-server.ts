import { timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { tooManyBytes, wrongKey } from "./check-question.ts";
import { wait } from "./embedding-routes.ts";
import { BodyError, notJson } from "./formats/body-fields.ts";
import { writeOpenAiRefusal } from "./formats/openai.ts";
import { invalidRequest, type Refusal } from "./refusal.ts";
import { jsonReply, type MockReply, type MockRoute } from "./route.ts";

/** Parts of a body that arrives slowly. */
const slowParts = 10;

/** As long as servers in front of providers keep idle connections. Source: nginx's default, 75 s. */
const keepAliveMs = 75_000;

export interface HttpServerOptions {
  readonly routes: readonly MockRoute[];
  readonly apiKey: string | null;
  readonly ending: AbortSignal;
  /** Told of refusals that no route gave. */
  readonly onRefusal: (refusal: Refusal) => void;
}

/** The HTTP side: finds the route, reads the body, sends the answer as planned. */
export function createHttpServer({ routes, apiKey, ending, onRefusal }: HttpServerOptions): Server {
  const refuse = (refusal: Refusal): MockReply => {
    onRefusal(refusal);
    return jsonReply(refusal.status, writeOpenAiRefusal(refusal));
  };

  async function answer(request: IncomingMessage): Promise<MockReply> {
    const arrivedMs = performance.now();
    const url = new URL(request.url ?? "/", "http://mock");
    const found = findRoute(routes, request.method ?? "GET", url.pathname);
    if (found === null) {
      const message = `Unknown request URL: ${request.method} ${url.pathname}.`;
      return refuse(invalidRequest(message, { reason: "not-found", status: 404, code: "unknown_url" }));
    }
    const { route, groups } = found;
    if (apiKey !== null && route.guarded && !hasKey(request, apiKey)) return refuse(wrongKey);
    const body = await readBody(request, route.maxBytes);
    if (body === null) return refuse(tooManyBytes(route.maxBytes));
    return route.answer({
      path: url.pathname,
      groups,
      query: url.searchParams,
      headers: request.headers,
      body,
      arrivedMs,
    });
  }

  return createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    response.on("error", () => {
      // The client went away: it has its own error.
    });
    answer(request)
      .catch((error: unknown): MockReply => {
        if (error instanceof BodyError) return refuse(error.refusal);
        if (error instanceof SyntaxError) return refuse(notJson);
        const message = error instanceof Error ? error.message : String(error);
        return jsonReply(500, { error: { message, type: "server_error", param: null, code: null } });
      })
      .then((reply) => send(response, reply, ending))
      .catch(() => response.destroy());
  });
}

function findRoute(
  routes: readonly MockRoute[],
  method: string,
  path: string,
): { readonly route: MockRoute; readonly groups: Readonly<Record<string, string>> } | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = route.path.exec(path);
    if (match !== null) return { route, groups: { ...match.groups } };
  }
  return null;
}

/** Whether the request carries the key, in the header of any of the providers. */
function hasKey({ headers }: IncomingMessage, apiKey: string): boolean {
  const given = [
    headers.authorization?.replace(/^Bearer /i, ""),
    headers["x-goog-api-key"],
    headers["api-key"],
  ];
  const wanted = Buffer.from(apiKey);
  return given.some((key) => {
    const bytes = Buffer.from(String(key ?? ""));
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
}

/** The whole body; null where it is longer than allowed. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    // What is too long is read to its end and dropped, so that the client hears the answer.
    if (bytes <= maxBytes) parts.push(part);
  }
  return bytes <= maxBytes ? Buffer.concat(parts) : null;
}

async function send(response: ServerResponse, reply: MockReply, ending: AbortSignal): Promise<void> {
  const { delivery, status, headers } = reply;
  if (delivery.kind === "stall") return;
  if (typeof reply.body !== "string") {
    response.writeHead(status, headers);
    await pipeline(createReadStream(reply.body.path), response);
    return;
  }
  const body = Buffer.from(reply.body);
  response.writeHead(status, {
    "content-type": "application/json",
    ...headers,
    "content-length": String(body.length),
  });
  switch (delivery.kind) {
    case "whole":
      response.end(body);
      return;
    case "cut":
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
      return;
    case "slow": {
      const size = Math.ceil(body.length / slowParts);
      for (let start = 0; start < body.length; start += size) {
        await wait(delivery.ms / slowParts, ending);
        response.write(body.subarray(start, start + size));
      }
      response.end();
    }
  }
}
