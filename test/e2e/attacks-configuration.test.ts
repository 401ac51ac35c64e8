/** Two spaces through settings: what is configured, asked for or resumed is not what the table holds. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answersOf, type Attack, questions, runAttacks } from "../support/attack.ts";
import { type AttackedTable, attackedTable, potion } from "../support/attacked-table.ts";

const minilm = "bundled:all-MiniLM-L6-v2";

/** The configured model has a version's name, and one option is another: every command refuses. */
const configured = (model: string, option: string, field: string): Attack => ({
  what: `the configuration names ${model.split(":")[1]} with ${option}`,
  outcome: { refused: "REEMBED_SPACE_MISMATCH", message: new RegExp(`${field}: .* -> `) },
  attack: async ({ reopen }) => (await reopen({ model: `${model}?${option}` })).search({ text: "a cat" }),
});

const vector = (length: number, value = 0.1): Float32Array => new Float32Array(length).fill(value);

/** The file of a plan to make a version behind the prompt `x`. */
async function planned({ reembed, cwd }: AttackedTable): Promise<string> {
  const out = join(cwd, "plan.json");
  await reembed.plan({ to: [`${potion}?prompt=x`], out });
  return out;
}

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
      what: "a query vector of the space that was active before a switch",
      outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /version v1 is of that space/ },
      attack: async (table) => {
        const request = { vector: vector(128), spaceId: await spaceOf(table, "v1") };
        await table.reembed.search(request);
        await (await table.reopen()).switch({ to: "v2", force: true, why: "test" });
        return table.reembed.search(request);
      },
    },
    {
      what: "two processes make a version of one name with two models at the same time",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async ({ reopen }) => {
        const makers = [await reopen(), await reopen()];
        const filled = await Promise.allSettled(
          makers.map(async (maker, at) =>
            maker.backfill({ to: `${potion}?prompt=${"ab"[at]}`, name: "both" }),
          ),
        );
        const [failed, ...more] = filled.filter((each) => each.status === "rejected");
        assert.deepEqual(more, [], "one of them fills it");
        throw failed?.reason;
      },
    },
    {
      what: "searches meet switches and rollbacks under way",
      outcome: { kept: true },
      attack: async (table) => {
        const answers = await answersOf(table);
        const [text = ""] = questions;
        const switching = await table.reopen();
        let done = false;
        const turns = (async () => {
          for (let turn = 0; turn < 3; turn += 1) {
            await switching.switch({ to: "v2", force: true, why: "test" });
            await switching.rollback();
          }
          done = true;
        })();
        const met = new Set<string>();
        while (!done) {
          const { version, hits } = await table.reembed.search({ text, limit: 5, exact: true });
          met.add(version);
          assert.deepEqual(
            hits.map(({ key }) => String(key)),
            answers[`${version}: ${text}`],
          );
        }
        await turns;
        assert.ok(met.size > 0);
      },
    },
    {
      what: "a plan that was made for one model is carried out with another",
      outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /documentPrompt/ },
      attack: async (table) => {
        const plan = await planned(table);
        return table.reembed.backfill({ plan, to: `${potion}?prompt=y` });
      },
    },
    {
      what: "a plan's model is edited, its space left as it was",
      outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /documentPrompt/ },
      attack: async (table) => {
        const plan = await planned(table);
        const text = await readFile(plan, "utf8");
        await writeFile(
          plan,
          text.replaceAll('"model": "bundled:potion-base-4m-int8?prompt=x"', `"model": "${potion}?prompt=y"`),
        );
        return table.reembed.backfill({ plan });
      },
    },
    {
      what: "a plan's space is edited, its id left as it was",
      outcome: { refused: "REEMBED_SPACE_MISMATCH" },
      attack: async (table) => {
        const plan = await planned(table);
        const text = await readFile(plan, "utf8");
        await writeFile(plan, text.replace('"documentPrompt": "x"', '"documentPrompt": "y"'));
        return table.reembed.backfill({ plan });
      },
    },
    {
      what: "a plan is carried out on a table of the same name that is another",
      outcome: { refused: "REEMBED_PLAN_FOREIGN" },
      attack: async (table) => {
        const plan = await planned(table);
        return (await attackedTable(potion)).reembed.backfill({ plan });
      },
    },
    {
      what: "rows are written with vectors of their own",
      outcome: { refused: "REEMBED_CORPUS_SCHEMA_MISMATCH" },
      attack: async ({ reembed }) =>
        reembed.write({ rows: [{ id: 900, text: "a new cat", vector_v1: Array(128).fill(0.1) }] }),
    },
    {
      what: "a version's own column is adopted as another model's",
      outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /version v1 was made in another space/ },
      attack: async ({ reembed }) =>
        reembed.adopt({ column: "vector_v1", model: `${potion}?prompt=x`, trust: true }),
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
