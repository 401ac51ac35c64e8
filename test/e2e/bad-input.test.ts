/** Every kind of bad input: what is said, the exit code, and that no table is left worse than it was. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { openReembed, ReembedError } from "../../src/index.ts";
import { mustRun } from "../support/cli.ts";
import { mustRunHere, runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface BadInput {
  readonly name: string;
  readonly file: string;
  /** Written as the file; null: no such file. */
  readonly content: string | Buffer | null;
  readonly code: string;
  readonly exitCode: number;
  readonly says: RegExp;
  readonly key?: string;
  readonly text?: [string, ...string[]];
}

const line = (row: Record<string, unknown>): string => `${JSON.stringify(row)}\n`;
const good = line({ id: "a", text: "one" }) + line({ id: "b", text: "two" });
const manyRows = Array.from({ length: 70_000 }, (_, index) => line({ id: `k${index}`, text: "x" })).join("");

const badInputs: BadInput[] = [
  {
    name: "a duplicate key",
    file: "in.jsonl",
    content: good + line({ id: "a", text: "three" }),
    code: "REEMBED_CORPUS_KEY_DUPLICATE",
    exitCode: 3,
    says: /in\.jsonl.*\b3\b/s,
  },
  {
    name: "a duplicate key after more rows than one commit holds",
    file: "in.jsonl",
    content: manyRows + line({ id: "k5", text: "again" }),
    code: "REEMBED_CORPUS_KEY_DUPLICATE",
    exitCode: 3,
    says: /70001|70,001/,
  },
  {
    name: "a null key",
    file: "in.jsonl",
    content: good + line({ id: null, text: "three" }),
    code: "REEMBED_CORPUS_KEY_NULL",
    exitCode: 3,
    says: /in\.jsonl.*\b3\b/s,
  },
  {
    name: "a missing text column",
    file: "in.jsonl",
    content: good,
    text: ["body"],
    code: "REEMBED_CORPUS_COLUMN_MISSING",
    exitCode: 3,
    says: /body.*(id|text)/s,
  },
  {
    name: "a missing key column",
    file: "in.jsonl",
    content: good,
    key: "key",
    code: "REEMBED_CORPUS_COLUMN_MISSING",
    exitCode: 3,
    says: /"?key"?/,
  },
  {
    name: "a text column of numbers",
    file: "in.jsonl",
    content: line({ id: "a", text: 1 }) + line({ id: "b", text: 2 }),
    code: "REEMBED_CORPUS_COLUMN_TYPE",
    exitCode: 3,
    says: /text/,
  },
  {
    name: "a key of fractions",
    file: "in.jsonl",
    content: line({ id: 1.5, text: "one" }),
    code: "REEMBED_CORPUS_COLUMN_TYPE",
    exitCode: 3,
    says: /id/,
  },
  {
    name: "a line that is not JSON",
    file: "in.jsonl",
    content: `${good}{"id": "c", "text": \n`,
    code: "REEMBED_CORPUS_FORMAT",
    exitCode: 3,
    says: /in\.jsonl.*\b3\b/s,
  },
  {
    name: "a Parquet file cut short",
    file: "in.parquet",
    content: Buffer.from("PAR1\u0015\u0004\u0015broken"),
    code: "REEMBED_CORPUS_FORMAT",
    exitCode: 3,
    says: /in\.parquet/,
  },
  {
    name: "an Arrow file cut short",
    file: "in.arrow",
    content: Buffer.from("ARROW1\0\0\xff\xff\xff\xff\x10", "latin1"),
    code: "REEMBED_CORPUS_FORMAT",
    exitCode: 3,
    says: /in\.arrow/,
  },
  {
    name: "a gzip file cut short",
    file: "in.jsonl.gz",
    content: Buffer.from("1f8b0800000000000003", "hex"),
    code: "REEMBED_CORPUS_FORMAT",
    exitCode: 3,
    says: /in\.jsonl\.gz/,
  },
  {
    name: "a ragged CSV row",
    file: "in.csv",
    content: "id,text\n1,one\n2\n",
    code: "REEMBED_CORPUS_FORMAT",
    exitCode: 3,
    says: /in\.csv.*\b3\b/s,
  },
  {
    name: "a file that is not there",
    file: "in.jsonl",
    content: null,
    code: "REEMBED_CORPUS_UNREADABLE",
    exitCode: 3,
    says: /in\.jsonl/,
  },
  {
    name: "an empty file",
    file: "in.jsonl",
    content: "",
    code: "REEMBED_CORPUS_EMPTY",
    exitCode: 3,
    says: /in\.jsonl|no rows/,
  },
  {
    name: "a column name that LanceDB reserves",
    file: "in.jsonl",
    content: line({ id: "a", text: "one", _rowid: 7 }),
    code: "REEMBED_CORPUS_COLUMN_RESERVED",
    exitCode: 3,
    says: /_rowid/,
  },
];

for (const bad of badInputs) {
  test(`${bad.name} leaves no table`, async (context) => {
    const { cwd, reembed } = await openHere(context);
    await refused(bad, cwd, reembed, "create");
    assert.deepEqual(await (await connect(join(cwd, "db"))).tableNames(), []);
  });

  test(`${bad.name} leaves the table it found`, async (context) => {
    const { cwd, reembed } = await openHere(context);
    await writeFile(join(cwd, "first.jsonl"), line({ id: "first", text: "first" }));
    await reembed.import({ sources: [join(cwd, "first.jsonl")], corpus: { key: "id", text: ["text"] } });
    await refused(bad, cwd, reembed, "append");
    const connection = await connect(join(cwd, "db"));
    assert.deepEqual(await connection.tableNames(), ["docs"]);
    const table = await connection.openTable("docs");
    assert.deepEqual(
      (await table.query().toArray()).map((row) => [row.id, row.text]),
      [["first", "first"]],
    );
  });
}

test("hostile keys, texts and column names come back as they went in, and are filled", async (context) => {
  const { cwd, reembed } = await openHere(context);
  const hostile = [
    "it's",
    'say "hi"',
    "'; DROP TABLE docs; --",
    "back\\slash",
    "tab\tnew\nline\r\u0000null\u0001",
    "😶‍🌫️ emoji",
    "ключ",
    "%_like*",
    "a".repeat(1000),
    " leading and trailing ",
    "",
  ];
  const rows = hostile.map((key, index) => ({
    id: key,
    text: `${key} ${index === 3 ? "long ".repeat(200_000) : "text"}`,
    "it's a column": index,
    vector: "ours?",
    select: "from",
  }));
  await writeFile(join(cwd, "in.jsonl"), rows.map(line).join(""));
  await reembed.import({ sources: [join(cwd, "in.jsonl")], corpus: { key: "id", text: ["text"] } });
  const filled = await reembed.backfill({ to: "bundled:potion-base-4m-int8" });
  assert.equal(filled.embedded, hostile.length);
  const second = await reembed.backfill({ to: "bundled:potion-base-4m-int8?dimensions=32" });
  assert.equal(second.embedded, hostile.length);
  const { hits } = await reembed.search({ text: "text", limit: 20 });
  assert.deepEqual(new Set(hits.map((hit) => hit.key)), new Set(hostile));
  const wanted = new Map(rows.map((row) => [row.id, row]));
  for (const hit of hits) {
    const row = wanted.get(String(hit.key));
    assert.equal(hit.row["text"], row?.text);
    assert.equal(hit.row["select"], "from");
    assert.equal(Number(hit.row["it's a column"]), row?.["it's a column"]);
  }
});

test("a column of the corpus with a name of ours is refused when it would be needed", async (context) => {
  const { cwd, reembed } = await openHere(context);
  await writeFile(join(cwd, "in.jsonl"), line({ id: 1, text: "one", vector_v1: "mine" }));
  await reembed.import({ sources: [join(cwd, "in.jsonl")], corpus: { key: "id", text: ["text"] } });
  const to = "bundled:potion-base-4m-int8";
  await assert.rejects(reembed.backfill({ to }).result, (error) => {
    assert.ok(error instanceof ReembedError);
    assert.equal(error.code, "REEMBED_STORE_COLUMN_TAKEN");
    assert.match(error.message, /vector_v1/);
    return true;
  });
  assert.equal((await reembed.backfill({ to, name: "first" })).embedded, 1);
  const { hits } = await reembed.search({ text: "one" });
  assert.equal(hits[0]?.row["vector_v1"], "mine");
});

test("the command line: wrong words, wrong models, no table", async (context) => {
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "in.jsonl"), good);
  const at = ["--db", "db", "--table", "docs"];
  const source = join(cwd, "in.jsonl");
  await mustRunHere(["import", source, "--key", "id", "--text", "text", ...at], { cwd });
  const cases: [string[], number, string, RegExp][] = [
    [
      ["backfill", "--to", "all-MiniLM-L6-v2", ...at],
      2,
      "REEMBED_CONFIG_UNPINNED",
      /bundled:all-MiniLM-L6-v2/,
    ],
    [["backfill", "--to", "hf:a/b@main", ...at], 2, "REEMBED_CONFIG_UNPINNED", /40/],
    [["backfill", "--to", "bundled:nothing", ...at], 4, "REEMBED_MODEL_MISSING", /potion-base-4m-int8/],
    [
      ["backfill", "--to", "local:./no-such-folder", "--pin", ...at],
      4,
      "REEMBED_MODEL_MISSING",
      /no-such-folder/,
    ],
    [["backfill", "--two", "x", ...at], 2, "REEMBED_USAGE", /--to/],
    [["search", "one", ...at], 8, "REEMBED_NO_ACTIVE_VERSION", /backfill/],
    [["versions", "--db", "db", "--table", "other"], 6, "REEMBED_STORE_TABLE_MISSING", /docs/],
    [["import", source, "--key", "id", "--text", "text", ...at], 6, "REEMBED_STORE_TABLE_EXISTS", /append/],
  ];
  for (const [args, exitCode, code, says] of cases) {
    const run = await runHere(args, { cwd });
    assert.equal(run.last["code"], code, `${args.join(" ")}: ${JSON.stringify(run.last)}`);
    assert.equal(run.exitCode, exitCode);
    assert.match(String(run.last["message"]), says);
    assert.equal(run.lines.filter((entry) => entry.type !== "event").length, 1);
  }
});

test("an import that reads standard input, as a program would feed it", async (context) => {
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "in.jsonl"), good);
  const result = await mustRun(
    ["import", "-", "--key", "id", "--text", "text", "--db", "db", "--table", "docs"],
    { cwd, input: await readFile(join(cwd, "in.jsonl")) },
  );
  assert.equal(result["rows"], 2);
});

type Opened = { cwd: string; reembed: Awaited<ReturnType<typeof openReembed>> };

async function openHere(context: TestContext): Promise<Opened> {
  const cwd = await temporaryFolder(context);
  const reembed = await openReembed({ db: join(cwd, "db"), table: "docs", cwd });
  context.after(() => reembed.close());
  return { cwd, reembed };
}

async function refused(
  bad: BadInput,
  cwd: string,
  reembed: Opened["reembed"],
  mode: "create" | "append",
): Promise<void> {
  const file = join(cwd, bad.file);
  if (bad.content !== null) await writeFile(file, bad.content);
  const corpus = { key: bad.key ?? "id", text: bad.text ?? (["text"] as const) };
  await assert.rejects(reembed.import({ sources: [file], corpus, mode }).result, (error) => {
    assert.ok(error instanceof ReembedError, String(error));
    assert.equal(error.code, bad.code, error.message);
    assert.equal(error.exitCode, bad.exitCode);
    assert.match(error.message, bad.says);
    return true;
  });
}

test("a device that is not here is refused by name, before anything is written", async (context) => {
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "in.jsonl"), good);
  const at = ["--db", "db", "--table", "t"];
  await mustRunHere(["import", join(cwd, "in.jsonl"), "--key", "id", "--text", "text", ...at], { cwd });
  const device = process.platform === "darwin" ? "directml" : "coreml";
  const to = ["--to", "bundled:all-MiniLM-L6-v2", "--device", device];
  const { exitCode, last } = await runHere(["backfill", ...to, ...at], { cwd });
  assert.equal(exitCode, 4);
  assert.equal(last["code"], "REEMBED_LANE_DEVICE");
  assert.match(String(last["message"]), new RegExp(`^device "${device}" cannot be used here .* it needs `));
  const { versions } = await mustRunHere(["versions", ...at], { cwd });
  assert.deepEqual(versions, []);
});
