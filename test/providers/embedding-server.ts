/** A small provider on the loopback: OpenAI's and Ollama's way of answering, and every way to fail. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface AskedRequest {
  readonly path: string;
  readonly texts: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage["headers"];
  /** Number of the request, from 1. */
  readonly number: number;
}

export interface ServedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sends half of the body and breaks the connection. */
  readonly cut?: boolean;
  readonly delayMs?: number;
}

export interface EmbeddingServer {
  readonly url: string;
  readonly asked: AskedRequest[];
  /** How often each text was answered with a vector: what would be paid for. */
  readonly paid: Map<string, number>;
  /** Called when a client leaves before its answer. */
  onLeave(listener: () => void): void;
}

/** The vector of a text: made of its characters, so that every text has its own. */
export function vectorOf(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0.01);
  for (let at = 0; at < text.length; at++) vector[(text.charCodeAt(at) * 7 + at) % dimensions]! += 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => Math.fround(value / length));
}

/** Tokens as this server counts them. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** What a good answer of OpenAI's form is. */
export function goodAnswer(
  asked: Pick<AskedRequest, "texts" | "body">,
  dimensions: number,
): { data: { index: number; embedding: unknown }[]; model: unknown; usage: { total_tokens: number } } {
  const base64 = asked.body["encoding_format"] === "base64";
  return {
    data: asked.texts.map((text, index) => {
      const numbers = vectorOf(text, dimensions);
      const bytes = Buffer.from(Float32Array.from(numbers).buffer);
      return { index, embedding: base64 ? bytes.toString("base64") : numbers };
    }),
    model: asked.body["model"],
    usage: { total_tokens: asked.texts.reduce((sum, text) => sum + tokensOf(text), 0) },
  };
}

/**
 * Starts a server that answers as `answer` says; null: well, with vectors of `dimensions`.
 */
export async function startEmbeddingServer(
  context: TestContext,
  dimensions: number,
  answer: (asked: AskedRequest) => ServedAnswer | null = () => null,
): Promise<EmbeddingServer> {
  const asked: AskedRequest[] = [];
  const paid = new Map<string, number>();
  let left: (() => void) | null = null;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on("close", () => {
      if (!response.writableFinished) left?.();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const input = body["input"] ?? body["texts"] ?? [];
    const texts = (Array.isArray(input) ? input : [input]) as string[];
    const entry: AskedRequest = {
      path: request.url ?? "",
      texts,
      body,
      headers: request.headers,
      number: asked.length + 1,
    };
    asked.push(entry);
    const served = answer(entry) ?? {};
    const status = served.status ?? 200;
    if (status === 200) for (const each of texts) paid.set(each, (paid.get(each) ?? 0) + 1);
    const json =
      served.body ?? (status === 200 ? goodAnswer(entry, dimensions) : { error: { message: "no" } });
    const bytes = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
    if (served.delayMs !== undefined)
      await new Promise((resolve) => setTimeout(resolve, served.delayMs).unref());
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": bytes.byteLength,
      ...served.headers,
    });
    if (served.cut !== true) {
      response.end(bytes);
      return;
    }
    response.write(bytes.subarray(0, bytes.byteLength / 2));
    setTimeout(() => response.destroy(), 5);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    paid,
    onLeave: (listener) => (left = listener),
  };
}
