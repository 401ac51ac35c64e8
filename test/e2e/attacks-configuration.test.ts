/** Two spaces through settings: what is configured, asked for or resumed is not what the table holds. */
import { join } from "node:path";
import { type Attack, runAttacks } from "../support/attack.ts";
import { type AttackedTable, attackedTable, potion } from "../support/attacked-table.ts";

const minilm = "bundled:all-MiniLM-L6-v2";

/** The configured model has a version's name, and one option is another: every command refuses. */
const configured = (model: string, option: string, field: string): Attack => ({
  what: `the configuration names ${model.split(":")[1]} with ${option}`,
  outcome: { refused: "REEMBED_SPACE_MISMATCH", message: new RegExp(`${field}: .* -> `) },
  attack: async ({ reopen }) => (await reopen({ model: `${model}?${option}` })).search({ text: "a cat" }),
});

const vector = (length: number, value = 0.1): Float32Array => new Float32Array(length).fill(value);

const spaceOf = async ({ reembed }: AttackedTable, name: string): Promise<string> =>
  (await reembed.versions()).versions.find((version) => version.name === name)?.spaceId ?? "";

runAttacks(
  [
    configured(potion, "prompt=title:", "documentPrompt"),
    configured(potion, "queryPrompt=query:", "queryPrompt"),
    configured(potion, "dimensions=32", "dimensions"),
    configured(potion, "maxTokens=16", "maxTokens"),
    configured(potion, "normalize=false", "normalize"),
    configured(minilm, "prompt=passage:", "documentPrompt"),
    configured(minilm, "pooling=cls", "pooling"),
    configured(minilm, "dimensions=128", "dimensions"),
    configured(minilm, "normalize=false", "normalize"),
    configured(minilm, "maxTokens=32", "maxTokens"),
    configured(minilm, "truncation=left", "truncation"),
    configured(minilm, "grouping=equal-length", "grouping"),
    {
      what: "another process writes rows under a configuration of its own",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reopen }) =>
        (await reopen({ model: `${potion}?dimensions=32` })).write({
          rows: [{ id: 900, text: "a new cat" }],
        }),
    },
    {
      what: "another process compares versions under a configuration of its own",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reopen, cwd }) =>
        (await reopen({ model: `${potion}?prompt=x` })).eval({ queries: join(cwd, "docs.jsonl") }),
    },
    {
      what: "a version is filled further with another model",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reembed }) => reembed.backfill({ to: minilm, name: "v1" }),
    },
    {
      what: "a backfill that was cut short is resumed with another prompt",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reembed }) => {
        await reembed.backfill({ to: `${potion}?prompt=a`, name: "part", limitRows: 10 });
        return reembed.backfill({ to: `${potion}?prompt=b`, name: "part" });
      },
    },
    {
      what: "a version of float32 is filled further with float16",
      outcome: { refused: "REEMBED_STORE_VERSION_EXISTS" },
      attack: async ({ reembed }) => reembed.backfill({ to: potion, name: "v1", vectorType: "float16" }),
    },
    {
      what: "a query vector of another version's space, of the same length",
      outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /version v2 is of that space/ },
      attack: async (table) =>
        table.reembed.search({ vector: vector(128), spaceId: await spaceOf(table, "v2"), version: "v1" }),
    },
    {
      what: "a query vector of a space that the table does not have",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reembed }) => reembed.search({ vector: vector(128), spaceId: "f".repeat(64) }),
    },
    {
      what: "a query vector of no stated space",
      outcome: { refused: "REEMBED_USAGE" },
      attack: async ({ reembed }) => reembed.search({ vector: vector(128) }),
    },
    {
      what: "a query vector cut to fewer dimensions",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async (table) =>
        table.reembed.search({ vector: vector(64), spaceId: await spaceOf(table, "v1") }),
    },
    {
      what: "a query vector with a number that is none",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async (table) =>
        table.reembed.search({ vector: vector(128, Number.NaN), spaceId: await spaceOf(table, "v1") }),
    },
    {
      what: "files with vectors of another space are appended as rows",
      outcome: { refused: "REEMBED_CORPUS_SCHEMA_MISMATCH" },
      attack: async ({ reembed, cwd }) => {
        const out = join(cwd, "out.parquet");
        await reembed.embed({
          sources: [join(cwd, "docs.jsonl")],
          to: `${potion}?prompt=x`,
          out,
          column: "vector_v1",
        });
        return reembed.import({ sources: [out], corpus: { key: "id", text: ["text"] }, mode: "append" });
      },
    },
    {
      what: "part files of one space are gone on with in another",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reembed, cwd }) => {
        const request = { sources: [join(cwd, "docs.jsonl")], out: join(cwd, "parts") };
        await reembed.embed({ ...request, to: potion });
        return reembed.embed({ ...request, to: `${potion}?prompt=x` });
      },
    },
    {
      what: "a version that was let go of is searched by its name",
      outcome: { refused: "REEMBED_STORE_STATE" },
      attack: async ({ reopen }) => {
        const reembed = await reopen({ retirementGraceDays: 0 });
        await reembed.switch({ to: "v2", force: true, why: "test" });
        await reembed.retire({ version: "v1" });
        return reembed.search({ text: "a cat", version: "v1" });
      },
    },
  ],
  () => attackedTable(potion, `${potion}?prompt=headline:`, minilm),
);
