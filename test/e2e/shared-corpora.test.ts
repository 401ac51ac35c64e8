/** Scores on real retrieval sets against those of other programs, and large corpora end to end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openReembed } from "../../src/index.ts";
import { isFullTest, unlessFull } from "../support/full-test.ts";
import { sharedFolder, withoutShared } from "../support/shared-folder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const potion = "bundled:potion-base-4m-int8";
const minilm = "bundled:all-MiniLM-L6-v2";

/** nDCG@10, measured by other programs with exact search. Source: the README beside the data. */
const expected = [
  { set: "cranfield", potion: 0.316, minilm: 0.401 },
  { set: "med", potion: 0.681, minilm: 0.79 },
  { set: "xquad-en", potion: 0.882, minilm: 0.94 },
];

/** The set with the least text, which MiniLM embeds in a quarter of the time of the next. */
const smallest = "xquad-en";

for (const { set, ...scores } of expected) {
  test(
    `${set}: potion within 0.003 and MiniLM int8 within 0.005 nDCG@10`,
    { skip: withoutShared },
    async (context) => {
      const cwd = await temporaryFolder(context);
      const folder = join(sharedFolder, "data", set);
      const reembed = await openReembed({ db: join(cwd, "db"), table: set, cwd });
      context.after(() => reembed.close());
      await reembed.import({
        sources: [join(folder, "corpus.jsonl")],
        corpus: { key: "_id", text: ["title", "text"] },
      });
      await reembed.backfill({ to: potion });
      const both = isFullTest || set === smallest;
      if (both) await reembed.backfill({ to: minilm });
      const { versions } = await reembed.eval({
        queries: join(folder, "queries.jsonl"),
        qrels: join(folder, "qrels", "test.tsv"),
        exact: true,
      });
      const [first, second] = versions.map((version) => version.ndcg10 ?? 0);
      assert.ok(
        Math.abs((first ?? 0) - scores.potion) <= 0.003,
        `potion: ${first}, expected ${scores.potion}`,
      );
      assert.ok(
        !both || Math.abs((second ?? 0) - scores.minilm) <= 0.005,
        `MiniLM: ${second}, expected ${scores.minilm}`,
      );
    },
  );
}

for (const { file, rows, skip } of [
  { file: "tldr-pages.parquet", rows: 38_404, skip: withoutShared },
  { file: "nsmc-ko.parquet", rows: 712_404, skip: withoutShared || unlessFull },
]) {
  test(`${file}: imported and filled, every row accounted for`, { skip }, async (context) => {
    const cwd = await temporaryFolder(context);
    const reembed = await openReembed({ db: join(cwd, "db"), table: "corpus", cwd });
    context.after(() => reembed.close());
    const imported = await reembed.import({
      sources: [join(sharedFolder, "data", file)],
      corpus: { key: "id", text: ["text"] },
    });
    assert.equal(imported.rows, rows);
    const filled = await reembed.backfill({ to: potion });
    assert.equal(filled.handled, rows);
    assert.equal(filled.embedded + filled.deduplicated + filled.skipped + filled.failed, rows);
    assert.ok(filled.deduplicated > 0);
    const { versions } = await reembed.versions();
    assert.equal(filled.state, "active");
    const [version] = versions;
    assert.equal((version?.covered ?? 0) + (version?.skipped ?? 0), rows);
    assert.equal(version?.covered, filled.embedded + filled.deduplicated);
    assert.equal(version?.indexCoverage, 1);
    const found = await reembed.search({ text: "tar", limit: 5 });
    assert.equal(found.hits.length, 5);
  });
}
