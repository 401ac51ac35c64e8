import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { ProviderFailure } from "../core/provider.ts";

export interface PostOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null for a request without a body. */
  readonly body: string | null;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface PostAnswer {
  readonly status: number;
  /** Names in lower case; several values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Owner: the caller. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Sends JSON over connections that are kept open. */
export interface JsonClient {
  /** @throws ProviderFailure `timeout` or `connection`; the signal's reason where it was aborted */
  post(url: URL, options: PostOptions): Promise<PostAnswer>;
  close(): void;
}

/**
 * A client on Node's own HTTP. `fetch` reads bodies through web streams, which costs more than the
 * rest of a request against a server nearby, and it tells a cut body only as "terminated".
 */
export function createJsonClient(): JsonClient {
  const agents = {
    "http:": new HttpAgent({ keepAlive: true, scheduling: "lifo" }),
    "https:": new HttpsAgent({ keepAlive: true, scheduling: "lifo" }),
  };

  return {
    post: (url, options) =>
      new Promise((resolve, reject) => {
        const { signal, timeoutMs, body } = options;
        const secure = url.protocol === "https:";
        const bytes = body === null ? null : Buffer.from(body);
        const outgoing = (secure ? requestHttps : requestHttp)(url, {
          method: options.method ?? "POST",
          agent: secure ? agents["https:"] : agents["http:"],
          headers: {
            accept: "application/json",
            ...(bytes === null
              ? {}
              : { "content-type": "application/json", "content-length": bytes.byteLength }),
            ...options.headers,
          },
        });
        const timer = setTimeout(() => {
          fail(new ProviderFailure("timeout", `no complete answer within ${Math.round(timeoutMs)} ms`));
        }, timeoutMs);
        const abort = (): void => fail(signal.reason);
        signal.addEventListener("abort", abort, { once: true });

        function settle(): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", abort);
        }
        function fail(error: unknown): void {
          settle();
          reject(error);
          outgoing.destroy();
        }
        function broken(error: Error): void {
          fail(
            new ProviderFailure("connection", `the connection failed: ${error.message}`, { cause: error }),
          );
        }

        if (signal.aborted) {
          abort();
          return;
        }
        outgoing.on("error", broken);
        outgoing.on("response", (incoming: IncomingMessage) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          // A body that is cut ends with `error` or `aborted`, never with `end`.
          incoming.on("error", broken);
          incoming.on("end", () => {
            settle();
            resolve({
              status: incoming.statusCode ?? 0,
              headers: flatten(incoming.headers),
              body: join(chunks),
            });
          });
        });
        outgoing.end(bytes);
      }),
    close() {
      agents["http:"].destroy();
      agents["https:"].destroy();
    },
  };
}

function flatten(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

/** One array of its own, which can be handed to a worker; a Buffer may share its memory. */
function join(chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}
