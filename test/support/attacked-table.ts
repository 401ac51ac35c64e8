/** A small table of one static version, and what a program that knows nothing of reembed does to it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";
import { connect, type Table } from "@lancedb/lancedb";
import type { CheckName, Finding } from "../../src/core/verbs-check.ts";
import { openReembed, type Reembed } from "../../src/index.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";

export const potion = "bundled:potion-base-4m-int8";

const nouns = ["cat", "train", "bread", "river", "doctor", "violin", "galaxy", "tax", "winter", "password"];
export const texts = Array.from(
  { length: 40 },
  (_, id) => `The ${nouns[id % 10]} of house ${id} is very old.`,
);

/** What a test closes and removes at its end, engines before folders. */
const open: Reembed[] = [];
const folders: string[] = [];
after(async () => {
  for (const engine of open) await engine.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

export interface AttackedTable {
  readonly cwd: string;
  readonly reembed: Reembed;
  /** The table as plain LanceDB sees it now. */
  lance(): Promise<Table>;
  /** Another process, with a configuration of its own. */
  reopen(config?: Readonly<Record<string, unknown>>): Promise<Reembed>;
  /** Vectors of every text, by the table's own record of a version. */
  vectors(column: string): Promise<Map<string, Float32Array>>;
  findings(only: CheckName): Promise<readonly Finding[]>;
}

export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "reembed-attack-"));
  folders.push(folder);
  return folder;
}

/** Imports the texts and fills versions `v1`, `v2` … with these models, one after the other. */
export async function attackedTable(...models: readonly string[]): Promise<AttackedTable> {
  const cwd = await emptyFolder();
  await writeFile(join(cwd, "docs.jsonl"), texts.map((text, id) => JSON.stringify({ id, text })).join("\n"));
  const table = await openIn(cwd);
  await table.reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  for (const to of models) await table.reembed.backfill({ to });
  return table;
}

/** A table `docs` in a folder, as an engine and as plain LanceDB see it. */
export async function openIn(cwd: string): Promise<AttackedTable> {
  const reopen = async (config: Readonly<Record<string, unknown>> = {}): Promise<Reembed> => {
    await writeFile(
      join(cwd, "reembed.config.json"),
      JSON.stringify({
        corpus: { key: "id", text: ["text"] },
        provider: { limitsFolder: join(cwd, "limits") },
        ...config,
      }),
    );
    const reembed = await openReembed({ cwd, db: "db", table: "docs", workers: 1, pin: true });
    open.push(reembed);
    return reembed;
  };
  const lance = async (): Promise<Table> => (await connect(join(cwd, "db"))).openTable("docs");
  const reembed = await reopen();
  return {
    cwd,
    reembed,
    lance,
    reopen,
    async vectors(column) {
      const found = new Map<string, Float32Array>();
      for await (const batch of (await lance()).query().select(["id", column])) {
        for (let row = 0; row < batch.numRows; row += 1) {
          const value = batch.getChild(column)?.get(row) as { toArray(): Float32Array } | null;
          if (value !== null)
            found.set(String(batch.getChild("id")?.get(row)), Float32Array.from(value.toArray()));
        }
      }
      return found;
    },
    async findings(only) {
      const { findings } = await (await reopen()).check({ only: [only] });
      return findings;
    },
  };
}

/** The same numbers in another order: the same lengths and distances to each other, another space. */
export function shuffled(vector: Float32Array): Float32Array {
  return Float32Array.from(vector, (_, place) => vector[(place * 53 + 17) % vector.length] as number);
}

/** Writes other vectors into a column of these rows, through plain LanceDB. */
export async function overwrite(
  { lance, vectors }: AttackedTable,
  column: string,
  ids: readonly number[],
  change: (vector: Float32Array) => Float32Array,
): Promise<void> {
  const stored = await vectors(column);
  const table = await lance();
  for (const id of ids) {
    // Written with an exponent, so that SQL takes a whole number for a float too.
    const numbers = Array.from(change(stored.get(String(id)) as Float32Array), (value) =>
      value.toExponential(),
    );
    await table.update({ where: `id = ${id}`, valuesSql: { [column]: `[${numbers.join(", ")}]` } });
  }
}
