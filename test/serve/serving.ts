/** A table served by the real command in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openReembed, type Reembed } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export const potion = "bundled:potion-base-4m-int8";

export interface Serving {
  readonly url: string;
  readonly child: ChildProcess;
  /** Every line of its output so far, parsed. */
  readonly lines: Readonly<Record<string, unknown>>[];
  /** All that it wrote, as text. */
  readonly written: () => string;
  stop(): Promise<number | null>;
}

/** A table of a hundred short texts with one version. */
export async function newTable(context: TestContext): Promise<{ cwd: string; reembed: Reembed }> {
  const cwd = await temporaryFolder(context);
  const subjects = ["cat", "train", "bread", "law", "star", "river", "violin", "winter", "doctor", "bridge"];
  const docs = subjects.flatMap((one, i) =>
    subjects.map((other, j) => ({ id: `${i}-${j}`, text: `The ${one} is near the ${other}.`, place: i })),
  );
  await writeFile(join(cwd, "docs.jsonl"), docs.map((doc) => JSON.stringify(doc)).join("\n"));
  const reembed = await openReembed({ cwd, db: "db", table: "docs", workers: 1 });
  context.after(() => reembed.close());
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  await reembed.backfill({ to: potion });
  return { cwd, reembed };
}

export async function startServing(
  context: TestContext,
  cwd: string,
  options: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Serving> {
  const { args = ["--every", "never"], env = {} } = options;
  const child = spawn(
    process.execPath,
    [main, "serve", "--db", join(cwd, "db"), "--table", "docs", "--port", "0", "--json", ...args],
    { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  context.after(() => child.kill("SIGKILL"));
  const lines: Record<string, unknown>[] = [];
  let written = "";
  const listening = Promise.withResolvers<string>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written += text));
  createInterface({ input: child.stdout }).on("line", (text) => {
    written += text;
    const line = JSON.parse(text) as Record<string, unknown>;
    lines.push(line);
    if (line["event"] === "serve:listening") listening.resolve(String(line["url"]));
  });
  const exit = once(child, "exit") as Promise<[number | null]>;
  void exit.then(([code]) => listening.reject(new Error(`serve ended with ${code}: ${written}`)));
  const url = await listening.promise;
  return {
    url,
    child,
    lines,
    written: () => written,
    stop: async () => {
      child.kill("SIGTERM");
      return (await exit)[0];
    },
  };
}

/** POSTs a search. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/search`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
