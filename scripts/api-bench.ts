/** Measuring the API lane against the mock provider in a process of its own: the parts that benches share. */
import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFacts, readModelCatalog } from "../src/config/model-catalog.ts";
import { parseReference } from "../src/config/parse-reference.ts";
import type { Lane } from "../src/core/ports.ts";
import { openApiLane } from "../src/lanes/api/api-lane.ts";
import type { ApiLaneOptions } from "../src/lanes/api/api-lane-options.ts";
import type { MockLedger } from "../src/mock-provider/ledger.ts";
import { openProvider } from "../src/providers/open-provider.ts";
import { describeHosted } from "../src/space/describe-hosted.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const catalog = fileURLToPath(new URL("../datasets/providers/models.jsonl", import.meta.url));

/** A mock provider in a process of its own, so that its work is not measured as ours. */
export interface MockProcess {
  readonly url: string;
  ledger(): Promise<MockLedger>;
  close(): void;
}

/** Starts `reembed mock-provider` with these flags. */
export async function startMockProcess(flags: readonly string[]): Promise<MockProcess> {
  const child: ChildProcess = spawn(process.execPath, [main, "mock-provider", "--json", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new TypeError("the child's output is piped");
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the mock provider ended early")));
    lines.on("line", (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found !== null) resolve(found[0]);
    });
  });
  return {
    url,
    ledger: async () => (await (await fetch(`${url}/mock/ledger`)).json()) as MockLedger,
    close: () => child.kill("SIGINT"),
  };
}

/** The API lane over a real adapter, as the engine opens it. */
export async function openBenchLane(url: string, overrides: Partial<ApiLaneOptions> = {}): Promise<Lane> {
  const written = `openai:text-embedding-3-small?dimensions=1536&baseUrl=${url}`;
  const reference = parseReference(written);
  if (reference.kind !== "hosted") throw new TypeError("a hosted model");
  const facts = findFacts(await readModelCatalog([catalog]), reference.provider, reference.model);
  const space = describeHosted(reference, facts);
  return openApiLane({
    space,
    reference: written,
    servedModel: reference.model,
    provider: await openProvider(reference, space.description, { OPENAI_API_KEY: "bench" }),
    facts,
    account: { requestsPerMinute: null, tokensPerMinute: null, requestsPerDay: null, tokensPerDay: null },
    share: 1,
    concurrency: 64,
    budget: { maxCost: null, maxTokens: null },
    usdPerMTokens: facts.usdPerMTokens,
    sharedLimit: null,
    patienceMs: 60_000,
    random: Math.random,
    ...overrides,
  });
}

/** Texts of about so many tokens, all different. */
export function makeTexts(count: number, words: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: words }, (_word, at) => vocabulary[(index * 7 + at * 13 + at) % vocabulary.length])
      .concat(String(index))
      .join(" "),
  );
}

const vocabulary = "river stone bread winter engine letter garden music silver window paper forest".split(
  " ",
);

/** How long the main thread was held up, and memory, while something ran. */
export interface Watch {
  /** Longest time between two turns of the event loop. Unit: ms. */
  stallMs(): number;
  /** Unit: bytes. */
  peakRss(): number;
  stop(): void;
}

/** Watches this process. */
export function watchProcess(): Watch {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  return {
    stallMs: () => histogram.max / 1e6,
    peakRss: () => peak,
    stop() {
      histogram.disable();
      clearInterval(timer);
    },
  };
}

/** Texts a second of plain HTTP requests, so many at a time, that read the answers and nothing more. */
export async function measureBareHttp(
  url: string,
  texts: readonly string[],
  { items, concurrency }: { readonly items: number; readonly concurrency: number },
): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const batches: string[][] = [];
  for (let at = 0; at < texts.length; at += items) batches.push(texts.slice(at, at + items));
  const startMs = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const answer = await post(`${url}/v1/embeddings`, agent, {
        model: "text-embedding-3-small",
        input: batch,
        dimensions: 1536,
        encoding_format: "base64",
      });
      const { data } = JSON.parse(answer) as { data: { embedding: string }[] };
      for (const { embedding } of data) Buffer.from(embedding, "base64");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  agent.destroy();
  return (texts.length * 1000) / (performance.now() - startMs);
}

function post(url: string, agent: Agent, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", authorization: "Bearer bench" },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => resolve(Buffer.concat(chunks).toString()));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}
