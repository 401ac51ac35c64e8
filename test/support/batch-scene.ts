/** A table, a mock provider with batches, and a proxy between them that can interfere. */
import { createServer, request as requestHttp } from "node:http";
import { mkdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { MockProviderOptions } from "../../src/mock-provider/settings.ts";
import { type MockProvider, startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { type CliRun, mustRun, runCli } from "./cli.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What passes the proxy. */
export interface Passing {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** Ways to interfere with what passes. */
export interface Interference {
  /** Called before a request goes on; true: it never does, and the client is cut off. */
  before?: (passing: Passing) => boolean;
  /** Called before a request goes on; true: it never does, and the client is left waiting. */
  hold?: (passing: Passing) => boolean;
  /** Called with an answer before it goes back; null: it never does, and the client is cut off. */
  after?: (passing: Passing, body: string) => string | null;
}

export interface BatchScene {
  readonly folder: string;
  readonly mock: MockProvider;
  /** Replaced by tests as they go. */
  interference: Interference;
  /** What was asked, in order. */
  readonly passed: Passing[];
  /** Runs `reembed backfill` with these flags more. */
  backfill(
    flags: readonly string[],
    env?: Readonly<Record<string, string>>,
    onStart?: (child: { kill(signal: NodeJS.Signals): boolean }) => void,
  ): Promise<CliRun>;
}

/** Batches that are over as soon as anyone asks. */
export const instantly = { validatingSeconds: 0, secondsPerRequest: 0, finalizingSeconds: 0 };

export const dimensions = 64;

/**
 * How often texts were paid for beyond once each: those that the guard of the space asks for again, two of
 * each file of the spool that a run finds, are the only ones that should be.
 */
export function paidAgain({ mock }: Pick<BatchScene, "mock">, texts: readonly string[]): number {
  const counts = mock.textCounts();
  return [...new Set(texts)].reduce((sum, text) => sum + Math.max(0, (counts.get(text) ?? 0) - 1), 0);
}

/** A table with these texts, and a provider that has seen none of them. */
export async function batchScene(
  context: TestContext,
  texts: readonly string[],
  options: MockProviderOptions = {},
): Promise<BatchScene> {
  const folder = await temporaryFolder(context);
  const mock = await startMockProvider({ countTexts: true, batches: instantly, ...options });
  const passed: Passing[] = [];
  const scene = { interference: {} as Interference };
  const url = await startProxy(context, mock.url, passed, () => scene.interference);
  context.after(() => mock.close());
  const lines = texts.map((text, index) => JSON.stringify({ id: `k${index}`, text }));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "docs.jsonl"), lines.join("\n"));
  await mustRun(["import", "docs.jsonl", "--table", "docs", "--key", "id", "--text", "text"], {
    cwd: folder,
  });
  const model = `openai:text-embedding-3-small?dimensions=${dimensions}&baseUrl=${url}`;
  return Object.assign(scene, {
    folder,
    mock,
    passed,
    backfill: (
      flags: readonly string[],
      env: Readonly<Record<string, string>> = {},
      onStart?: (child: { kill(signal: NodeJS.Signals): boolean }) => void,
    ) =>
      runCli(["backfill", "--table", "docs", "--to", model, ...flags], {
        cwd: folder,
        env: {
          OPENAI_API_KEY: "sk-test",
          REEMBED_PROVIDER_LIMITS_FOLDER: join(folder, "limits"),
          REEMBED_PROVIDER_BATCH_POLL_SECONDS: "0.05",
          REEMBED_PROVIDER_PATIENCE_SECONDS: "20",
          ...env,
        },
        ...(onStart === undefined ? {} : { onStart }),
      }),
  });
}

/** Starts a server that passes everything on, and lets a test see and change it. */
export async function startProxy(
  context: TestContext,
  target: string,
  passed: Passing[],
  interference: () => Interference,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const passing = { method: incoming.method ?? "", path: incoming.url ?? "" };
    passed.push(passing);
    if (interference().before?.(passing) === true) {
      incoming.socket.destroy();
      return;
    }
    if (interference().hold?.(passing) === true) return;
    const onward = requestHttp(
      `${target}${passing.path}`,
      { method: passing.method, headers: incoming.headers, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => {
          const { after } = interference();
          const body = Buffer.concat(parts);
          const changed = after === undefined ? body : after(passing, body.toString());
          if (changed === null) {
            incoming.socket.destroy();
            return;
          }
          const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = answer.headers;
          outgoing.writeHead(answer.statusCode ?? 0, headers);
          outgoing.end(changed);
        });
      },
    );
    onward.on("error", () => incoming.socket.destroy());
    incoming.on("error", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
