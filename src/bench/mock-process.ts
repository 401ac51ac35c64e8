import { spawn } from "node:child_process";
import { extname } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ReembedError } from "../core/errors.ts";

/** What the bench reads of a mock provider's books. */
export interface MockBooks {
  readonly requests: number;
  readonly answered: number;
  /** Texts of answered requests, and their tokens: all paid for. */
  readonly items: number;
  readonly tokens: number;
  /** Why requests were refused -> how many. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A mock provider in a process of its own, so that its work is not measured as ours. */
export interface MockProcess {
  readonly url: string;
  books(): Promise<MockBooks>;
  close(): Promise<void>;
}

/** Starts `mock-provider` with these flags. @throws REEMBED_INTERNAL where it ends early */
export async function startMockProcess(flags: readonly string[]): Promise<MockProcess> {
  const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(execPath, [main, "mock-provider", "--json", ...flags], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const early = new ReembedError("REEMBED_INTERNAL", "the mock provider ended before it listened");
    void ended.then(() => reject(early));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found !== null) resolve(found[0]);
    });
  });
  return {
    url,
    books: async () => (await (await fetch(`${url}/mock/ledger`)).json()) as MockBooks,
    async close() {
      child.kill("SIGINT");
      await ended;
    },
  };
}
