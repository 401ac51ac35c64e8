/** A plain client of the mock provider, and servers that end with their test. */
import type { TestContext } from "node:test";
import type { MockProviderOptions } from "../../src/mock-provider/settings.ts";
import { type MockProvider, startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";

/** Starts a server that ends with the test. */
export async function startFor(t: TestContext, options: MockProviderOptions = {}): Promise<MockProvider> {
  const provider = await startMockProvider(options);
  t.after(() => provider.close());
  return provider;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The bodies of tests' own requests: each test knows the shape it asked for.
  readonly json: Readonly<Record<string, never>>;
}

/** Sends JSON and reads JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await readJson(response) };
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, json: await readJson(response) };
}

async function readJson(response: Response): Promise<Answer["json"]> {
  return (await response.json()) as Answer["json"];
}

export interface OpenAiBody {
  readonly data: readonly { readonly index: number; readonly embedding: number[] | string }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

export interface OpenAiErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string | null };
}

/** Asks in OpenAI's format for an answer that must come. */
export async function embed(url: string, body: object): Promise<OpenAiBody> {
  const answer = await post(`${url}/v1/embeddings`, body);
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${JSON.stringify(answer.json)}`);
  return answer.json as unknown as OpenAiBody;
}

export function errorOf(answer: Answer): OpenAiErrorBody["error"] {
  return (answer.json as unknown as OpenAiErrorBody).error;
}

/** Floats of a base64 vector. */
export function floatsOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(bytes.buffer);
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}
