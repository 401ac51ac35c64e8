/** A finished version: the next run says so without reading a row, until anything commits to the table. */
import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { openReembed } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const to = "bundled:potion-base-4m-int8";
const corpus = { key: "id", text: ["text"] } as const;

const linesOf = (from: number, until: number): string =>
  Array.from({ length: until - from }, (_, row) =>
    JSON.stringify({ id: `k${from + row}`, text: `the small boat number ${from + row} in the harbour` }),
  ).join("\n");

const versionOf = (mark: string): unknown => (JSON.parse(mark) as { tableVersion: number }).tableVersion;

/** A table of 600 rows whose first version is filled, with an index. */
async function filledTable(context: TestContext) {
  const cwd = await temporaryFolder(context);
  const db = join(cwd, "db");
  await writeFile(join(cwd, "docs.jsonl"), linesOf(0, 600));
  const reembed = await openReembed({ db, table: "docs", cwd });
  context.after(() => reembed.close());
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus });
  const first = await reembed.backfill({ to, index: "ivf_flat" });
  assert.deepEqual([first.handled, first.state, first.upToDate], [600, "active", false]);
  const data = join(db, "docs.lance", "data");
  const withoutData = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await rename(data, `${data}-away`);
    try {
      return await work();
    } finally {
      // LanceDB may make the folder anew.
      await rm(data, { recursive: true, force: true });
      await rename(`${data}-away`, data);
    }
  };
  const mark = join(db, ".reembed", "complete", "docs", "v1.json");
  return { cwd, db, reembed, mark, withoutData };
}

test("the run that fills a version leaves the next one nothing to read", async (context) => {
  const { reembed, mark, withoutData } = await filledTable(context);
  const idle = await withoutData(async () => reembed.backfill({ to }));
  assert.deepEqual([idle.handled, idle.upToDate, idle.rows, idle.indexCoverage], [0, true, 600, 1]);

  const other = await openReembed({ db: join(mark, "../../../.."), table: "docs" });
  context.after(() => other.close());
  assert.equal((await withoutData(async () => other.backfill({ to }))).upToDate, true, "nor another process");

  // Without the mark, or with one of another table version, the rows themselves are looked at.
  const kept = await readFile(mark, "utf8");
  for (const broken of [null, "", kept.replace(/"tableVersion":(\d+)/, '"tableVersion":1')]) {
    if (broken === null) await rm(mark);
    else await writeFile(mark, broken);
    await assert.rejects(() => withoutData(async () => reembed.backfill({ to })), {
      code: "REEMBED_STORE_READ_FAILED",
    });
    assert.equal((await reembed.backfill({ to })).upToDate, true);
    assert.equal(await readFile(mark, "utf8"), kept, "and what is found is kept again");
  }
});

test("any change of the table by anyone brings the look back", async (context) => {
  const { cwd, db, reembed } = await filledTable(context);
  const table = await (await connect(db)).openTable("docs");
  await writeFile(join(cwd, "more.jsonl"), linesOf(600, 610));
  const changes: readonly (readonly [string, () => PromiseLike<unknown>, number])[] = [
    ["an update of texts", () => table.update({ where: "id = 'k7'", values: { text: "changed" } }), 1],
    [
      "a merge of texts in place",
      () =>
        table
          .mergeInsert("id")
          .whenMatchedUpdateAll()
          .execute([
            { id: "k8", text: "merged" },
            { id: "k9", text: "merged too" },
          ]),
      2,
    ],
    [
      "an append",
      () => reembed.import({ sources: [join(cwd, "more.jsonl")], corpus, mode: "append" }).then(() => null),
      10,
    ],
    ["a deletion", () => table.delete("id = 'k10'"), 0],
  ];
  for (const [what, change, handled] of changes) {
    await table.checkoutLatest();
    await change();
    const run = await reembed.backfill({ to });
    assert.equal(run.handled, handled, what);
    assert.equal((await reembed.backfill({ to })).upToDate, true, `after ${what}`);
  }
});

test("a table made anew under the same name is another table", async (context) => {
  const { cwd, db, reembed, mark, withoutData } = await filledTable(context);
  const kept = await readFile(mark, "utf8");
  await (await connect(db)).dropTable("docs");
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus });
  await reembed.backfill({ to, index: "ivf_flat" });
  const made = await readFile(mark, "utf8");
  assert.equal(versionOf(made), versionOf(kept), "both have come the same way");
  assert.notEqual(made, kept);
  await writeFile(mark, kept);
  await assert.rejects(() => withoutData(async () => reembed.backfill({ to })), {
    code: "REEMBED_STORE_READ_FAILED",
  });
});

test("a state folder that cannot be written costs a look, and is told", async (context) => {
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "docs.jsonl"), linesOf(0, 50));
  const db = join(cwd, "db");
  await mkdir(join(db, ".reembed"), { recursive: true });
  await writeFile(join(db, ".reembed", "complete"), "a file where a folder should be");
  const reembed = await openReembed({ db, table: "docs", cwd });
  context.after(() => reembed.close());
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus });
  const warnings: string[] = [];
  for await (const event of reembed.backfill({ to })) {
    if (event.event === "warning:raised") warnings.push(event.message);
  }
  assert.match(warnings.join(), /looks through all rows again/);
  assert.equal((await reembed.backfill({ to })).upToDate, true);
});
