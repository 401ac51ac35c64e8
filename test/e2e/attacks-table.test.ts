/** Two spaces through the table itself: what any program with LanceDB can do to columns, rows and metadata. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, Index } from "@lancedb/lancedb";
import { arrow } from "../../src/arrow.ts";
import { canonicalJson, type SpaceDescription } from "../../src/core/space.ts";
import { makeSpace } from "../../src/space/space-id.ts";
import { answersOf, type Attack, questions, runAttacks } from "../support/attack.ts";
import {
  type AttackedTable,
  attackedTable,
  emptyFolder,
  openIn,
  overwrite,
  potion,
  shuffled,
  texts,
} from "../support/attacked-table.ts";

const prompted = `${potion}?prompt=headline:`;
const search = async ({ reopen }: AttackedTable): Promise<unknown> =>
  (await reopen()).search({ text: questions[0] });

type Entries = Readonly<Record<string, string | null>>;

async function edit({ lance }: AttackedTable, column: string, entries: Entries): Promise<void> {
  const metadata = Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [`reembed:${key}`, value]),
  );
  await (await lance()).updateFieldMetadata([{ path: column, metadata }]);
}

async function entriesOf({ lance }: AttackedTable, column: string): Promise<Record<string, string>> {
  const { fields } = await (await lance()).schema();
  const field = fields.find(({ name }) => name === column);
  return Object.fromEntries(
    [...(field?.metadata ?? [])].map(([key, value]) => [key.slice("reembed:".length), value]),
  );
}

/** Changes the description of a version's space; with its id, so that the record agrees with itself. */
async function describeAnew(
  table: AttackedTable,
  change: Partial<SpaceDescription>,
  more: Entries = {},
): Promise<void> {
  const { space: text = "" } = await entriesOf(table, "vector_v1");
  const { id, description } = makeSpace({ ...(JSON.parse(text) as SpaceDescription), ...change });
  await edit(table, "vector_v1", {
    space: canonicalJson(description),
    "space-id": id,
    canary: null,
    ...more,
  });
}

/** Appends rows as any program would, with what it says of their vectors. */
async function append(
  { lance }: AttackedTable,
  vectors: readonly Float32Array[],
  hashes: readonly (bigint | null)[],
): Promise<void> {
  const { fields } = await (await lance()).schema();
  const values: Readonly<Record<string, readonly unknown[]>> = {
    id: vectors.map((_, row) => BigInt(1000 + row)),
    text: vectors.map((_, row) => texts[row]),
    vector_v1: vectors.map((vector) => [...vector]),
    vector_v1__hash: hashes,
  };
  const columns = fields.flatMap(({ name, type }) => {
    const column = values[name];
    return column === undefined
      ? []
      : [[name, arrow.vectorFromArray(column as never, type as never)] as const];
  });
  await (await lance()).add(new arrow.Table(Object.fromEntries(columns) as never) as never);
}

async function foreign({ vectors }: AttackedTable): Promise<Float32Array[]> {
  const stored = await vectors("vector_v1");
  return texts.slice(0, 8).map((_, id) => shuffled(stored.get(String(id)) as Float32Array));
}

async function hashesOf({ lance }: AttackedTable): Promise<bigint[]> {
  const rows = await (await lance()).query().select(["id", "vector_v1__hash"]).toArray();
  const byId = new Map(rows.map((row) => [Number(row.id), row["vector_v1__hash"] as bigint]));
  return texts.slice(0, 8).map((_, id) => byId.get(id) as bigint);
}

const attacks: readonly Attack[] = [
  {
    what: "a version's space is described in other words, its id left as it was",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /the description gives space/ },
    attack: async (table) => {
      const { space = "" } = await entriesOf(table, "vector_v1");
      await edit(table, "vector_v1", { space: space.replace('"documentPrompt":""', '"documentPrompt":"x"') });
      return search(table);
    },
  },
  {
    what: "a version's id is that of another version",
    outcome: { refused: "REEMBED_STORE_METADATA" },
    attack: async (table) => {
      await edit(table, "vector_v1", { "space-id": (await entriesOf(table, "vector_v2"))["space-id"] ?? "" });
      return search(table);
    },
  },
  {
    what: "a version's space is described anew with its id, but its model is the old one",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /documentPrompt: "x" -> ""/ },
    attack: async (table) => {
      await describeAnew(table, { documentPrompt: "x" });
      return search(table);
    },
  },
  {
    what: "the vectors were made on another class of CPU",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /instructionClass/ },
    attack: async (table) => {
      await describeAnew(table, { instructionClass: "x64-avx512vnni" });
      return search(table);
    },
  },
  {
    what: "a version says another number of dimensions than its column has",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /64 dimensions, and the column holds 128/ },
    attack: async (table) => {
      await describeAnew(table, { dimensions: 64 });
      return search(table);
    },
  },
  {
    what: "a version's reference is another model's",
    outcome: { refused: "REEMBED_SPACE_MISMATCH" },
    attack: async (table) => {
      await edit(table, "vector_v1", { reference: prompted });
      return search(table);
    },
  },
  {
    what: "a version's space, id and reference are all another model's, of the same length",
    outcome: { found: "mix", message: /40 of 40 sampled vectors of v1 are of another space/ },
    attack: async (table) => {
      const other = await entriesOf(table, "vector_v2");
      const { space = "", reference = "", canary = "" } = other;
      await edit(table, "vector_v1", { space, reference, canary, "space-id": other["space-id"] ?? "" });
    },
  },
  {
    what: "a version's canary is another version's",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /it is of space/ },
    attack: async (table) => {
      await edit(table, "vector_v1", { canary: (await entriesOf(table, "vector_v2"))["canary"] ?? "" });
      return search(table);
    },
  },
  {
    what: "a version's metadata is copied onto another version's column",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /another column says that it is version v1 too/ },
    attack: async (table) => {
      await edit(table, "vector_v2", await entriesOf(table, "vector_v1"));
      return search(table);
    },
  },
  {
    what: "two versions are made active by hand",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /v1 and v2 are both active/ },
    attack: async (table) => {
      await edit(table, "vector_v2", { state: "active" });
      return search(table);
    },
  },
  {
    what: "the state of a version is set to what is no state",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /"live" is no state/ },
    attack: async (table) => {
      await edit(table, "vector_v2", { state: "live" });
      return search(table);
    },
  },
  {
    what: "the column of hashes is renamed",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /vector_v1__hash is not in the table/ },
    attack: async (table) => {
      await (await table.lance()).alterColumns([{ path: "vector_v1__hash", rename: "hashes" }]);
      return search(table);
    },
  },
  {
    what: "the active version's column is renamed",
    outcome: { kept: true },
    attack: async ({ lance }) => (await lance()).alterColumns([{ path: "vector_v1", rename: "embedding" }]),
  },
  {
    what: "two versions' columns are swapped by renaming",
    outcome: { kept: true },
    attack: async ({ lance }) => {
      for (const [path, rename] of [
        ["vector_v1", "aside"],
        ["vector_v2", "vector_v1"],
        ["aside", "vector_v2"],
      ] as const) {
        await (await lance()).alterColumns([{ path, rename }]);
      }
    },
  },
  {
    what: "two versions' columns are swapped with all of their companions",
    outcome: { kept: true },
    attack: async ({ lance }) => {
      for (const ending of ["", "__hash", "__embedded_at"]) {
        for (const [from, to] of [
          ["vector_v1", "aside"],
          ["vector_v2", "vector_v1"],
          ["aside", "vector_v2"],
        ] as const) {
          await (await lance()).alterColumns([{ path: from + ending, rename: to + ending }]);
        }
      }
    },
  },
  {
    what: "the active column is dropped, and one of other vectors has its name",
    outcome: { refused: "REEMBED_NO_ACTIVE_VERSION" },
    attack: async (table) => {
      const lance = await table.lance();
      await lance.dropColumns(["vector_v1"]);
      await (await table.lance()).addColumns([{ name: "vector_v1", valueSql: "vector_v2" }]);
      return search(table);
    },
  },
  {
    what: "a column of others has the name that a new version would have",
    outcome: { refused: "REEMBED_STORE_COLUMN_TAKEN" },
    attack: async ({ lance, reembed }) => {
      await (await lance()).addColumns([{ name: "vector_v3", valueSql: "vector_v2" }]);
      return reembed.backfill({ to: `${potion}?dimensions=64`, name: "v3" });
    },
  },
  {
    what: "a column of others lies beside the versions",
    outcome: { found: "mix", message: /column theirs holds vectors that no version describes/ },
    attack: async ({ lance }) => (await lance()).addColumns([{ name: "theirs", valueSql: "vector_v2" }]),
  },
  {
    what: "rows are appended with vectors of another space and no hash, and searched",
    outcome: { kept: true },
    attack: async (table) => append(table, await foreign(table), Array(8).fill(null)),
  },
  {
    what: "rows are appended with vectors of another space and no hash, and looked over",
    outcome: { found: "mix", message: /8 of 48 sampled vectors of v1 are of another space/ },
    attack: async (table) => append(table, await foreign(table), Array(8).fill(null)),
  },
  {
    what: "rows are appended with vectors of another space and the hashes of their texts",
    outcome: { found: "mix", message: /8 of 48 sampled vectors of v1 are of another space/ },
    attack: async (table) => append(table, await foreign(table), await hashesOf(table)),
  },
  {
    what: "some vectors are updated in place with those of another space",
    outcome: {
      found: "mix",
      message: /3 of 40 sampled vectors of v1 are of another space: 7\.5 % of its rows/,
    },
    attack: async (table) => overwrite(table, "vector_v1", [1, 2, 3], shuffled),
  },
  {
    what: "some vectors are updated in place with shorter ones of the same direction",
    outcome: { found: "mix", message: /2 of 40 sampled vectors of v1/ },
    attack: async (table) =>
      overwrite(table, "vector_v1", [1, 2], (vector) => vector.map((value) => value / 2)),
  },
  {
    what: "another version's vectors are copied into a version's column",
    outcome: { found: "mix", message: /40 of 40 sampled vectors of v2 are of another space/ },
    attack: async ({ lance }) => (await lance()).update({ valuesSql: { vector_v2: "vector_v1" } }),
  },
  {
    what: "a row gets the text and the hash of another, and keeps its vector",
    outcome: { found: "mix", message: /1 of 40 sampled vectors of v1 are of another space/ },
    attack: async (table) => {
      const hashes = await hashesOf(table);
      const valuesSql = { text: `'${texts[2]}'`, vector_v1__hash: String(hashes[2]) };
      await (await table.lance()).update({ where: "id = 1", valuesSql });
    },
  },
  {
    what: "rows say that several models made the vectors of one version",
    outcome: {
      found: "mix",
      message:
        /rows of v1 disagree in embedding_model on what made them: 30 rows say potion, 10 rows say bge/,
    },
    attack: async ({ lance }) => {
      await (await lance()).addColumns([{ name: "embedding_model", valueSql: "'potion'" }]);
      await (await lance()).update({ where: "id < 10", values: { embedding_model: "bge" } });
    },
  },
  {
    what: "a version's index is built by another measure, under another version's name",
    outcome: { kept: true },
    attack: async (table) => {
      const answers = await answersOf(table);
      const config = Index.ivfFlat({ distanceType: "l2", numPartitions: 1 });
      await (await table.lance()).createIndex("vector_v1", { config, name: "vector_v2_idx" });
      assert.deepEqual(await answersOf(table, false), answers);
    },
  },
  {
    what: "the columns of two versions are swapped by renaming, each with the index of the other's name",
    outcome: { kept: true },
    attack: async (table) => {
      const { lance } = table;
      const answers = await answersOf(table);
      for (const column of ["vector_v1", "vector_v2"]) {
        const config = Index.ivfFlat({ distanceType: "cosine", numPartitions: 1 });
        await (await lance()).createIndex(column, { config });
      }
      for (const [path, rename] of [
        ["vector_v1", "aside"],
        ["vector_v2", "vector_v1"],
        ["aside", "vector_v2"],
      ] as const) {
        await (await lance()).alterColumns([{ path, rename }]);
      }
      assert.deepEqual(await answersOf(table, false), answers);
    },
  },
  {
    what: "a version that was let go of gets a column of its name again, of other vectors",
    outcome: { refused: "REEMBED_STORE_STATE", message: /version v1 is retired/ },
    attack: async ({ lance, reopen }) => {
      const reembed = await reopen({ retirementGraceDays: 0 });
      await reembed.switch({ to: "v2", force: true, why: "test" });
      await reembed.retire({ version: "v1" });
      await (await lance()).addColumns([{ name: "vector_v1", valueSql: "vector_v2" }]);
      return (await reopen()).search({ text: questions[0], version: "v1" });
    },
  },
  {
    what: "a version is made active by hand that was never filled",
    outcome: { refused: "REEMBED_STORE_METADATA", message: /v1 and v3 are both active/ },
    attack: async (table) => {
      await table.reembed.backfill({ to: `${potion}?dimensions=64`, name: "v3", limitRows: 1 });
      await edit(table, "vector_v3", { state: "active" });
      return search(table);
    },
  },
  {
    what: "an older version of the table is restored, after a switch",
    outcome: { kept: true },
    attack: async ({ lance, reembed }) => {
      const before = await (await lance()).version();
      await reembed.switch({ to: "v2", force: true, why: "test" });
      const table = await lance();
      await table.checkout(before);
      await table.restore();
    },
  },
  {
    what: "an older version of the table is restored while an engine has a newer one open",
    outcome: { refused: "REEMBED_STORE_VERSION_MISSING" },
    attack: async ({ lance, reembed }) => {
      const before = await (await lance()).version();
      await reembed.backfill({ to: `${potion}?dimensions=64`, name: "v3" });
      await reembed.search({ text: questions[0], version: "v3" });
      const table = await lance();
      await table.checkout(before);
      await table.restore();
      return reembed.search({ text: questions[0], version: "v3" });
    },
  },
  {
    what: "a table is made of other vectors with a copy of this one's metadata",
    outcome: { found: "mix", message: /40 of 40 sampled vectors of v1 are of another space/ },
    attack: async ({ cwd, lance, vectors }) => {
      const schema = await (await lance()).schema();
      const stored = await vectors("vector_v1");
      const rows = await (await lance()).query().toArray();
      const columns = schema.fields.map((field) => {
        const values: unknown[] = rows.map((row) =>
          field.name === "vector_v1"
            ? [...shuffled(stored.get(String(row.id)) as Float32Array)]
            : row[field.name],
        );
        return [field.name, arrow.vectorFromArray(values as never, field.type as never)] as const;
      });
      const db = await connect(join(cwd, "db"));
      const data = new arrow.Table(schema as never, Object.fromEntries(columns) as never);
      await db.dropTable("docs");
      await db.createTable("docs", data as never);
    },
  },
  {
    what: "a file with another table's version among its columns is imported",
    outcome: { refused: "REEMBED_NO_ACTIVE_VERSION" },
    attack: async ({ lance }) => {
      const { batches } = await (await lance()).query().toArrow();
      const described = await (await lance()).schema();
      const cwd = await emptyFolder();
      const file = join(cwd, "copy.arrow");
      await writeFile(file, arrow.tableToIPC(new arrow.Table(described as never, batches as never), "file"));
      const { reembed } = await openIn(cwd);
      await reembed.import({ sources: [file], corpus: { key: "id", text: ["text"] } });
      return reembed.search({ text: questions[0] });
    },
  },
];

runAttacks(attacks, () => attackedTable(potion, prompted));
