/** The doctor, through the command line and the library. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  attackedTable,
  emptyFolder,
  openIn,
  overwrite,
  potion,
  shuffled,
  texts,
} from "../support/attacked-table.ts";
import { connect } from "@lancedb/lancedb";
import { runHere } from "../support/run-here.ts";

const half = `${potion}?dimensions=64`;

test("a table where all is well: nothing is said, and the exit code is 0", async () => {
  const table = await attackedTable(potion, half);
  const run = await runHere(["check", "--db", join(table.cwd, "db"), "--table", "docs"], { cwd: table.cwd });
  assert.equal(run.exitCode, 0);
  assert.deepEqual(run.last["findings"], []);
  assert.equal((run.last["checked"] as string[]).length, 9);
  const unknown = await runHere(["check", "--db", "db", "--table", "docs", "--only", "mixed"], {
    cwd: table.cwd,
  });
  assert.equal(unknown.exitCode, 2);
  assert.match(String(unknown.last["message"]), /--only mixed is no check; there are pins, mix/);
});

test("a model's vectors with shuffled dimensions, adopted as that model, are found, and their share is told", async () => {
  const made = await attackedTable(potion);
  const vectors = await made.vectors("vector_v1");
  for (const [foreign, level, told] of [
    [
      texts.length,
      "error",
      /^40 of 40 sampled vectors of v1 are of another space: 100\.0 % of its rows, between 91\.2 % and 100\.0 %/,
    ],
    [
      10,
      "error",
      /^10 of 40 sampled vectors of v1 are of another space: 25\.0 % of its rows, between 14\.2 % and 40\.2 %/,
    ],
  ] as const) {
    const cwd = await emptyFolder();
    const db = await connect(join(cwd, "db"));
    const rows = texts.map((text, id) => {
      const own = vectors.get(String(id)) as Float32Array;
      return { id: BigInt(id), text, vector: [...(id < foreign ? shuffled(own) : own)] };
    });
    await db.createTable("docs", rows);
    const table = await openIn(cwd);
    const adopt = { column: "vector", model: potion, why: "they say it is potion" };
    await assert.rejects(async () => table.reembed.adopt(adopt), { code: "REEMBED_ADOPTION_REFUSED" });
    await table.reembed.adopt({ ...adopt, trust: true });
    const [finding, ...more] = await table.findings("mix");
    assert.equal(finding?.level, level);
    assert.match(finding.message, told);
    assert.match(finding.fix ?? "", /^reembed backfill --table docs --to bundled:potion-base-4m-int8 --name/);
    assert.deepEqual(more, []);
  }
});

test("an error ends with exit code 8, warnings with 0; each finding has its command", async () => {
  const table = await attackedTable(potion);
  const lance = await table.lance();
  await lance.update({ where: "id = 3", values: { text: "another text altogether" } });
  const late = join(table.cwd, "late.jsonl");
  await writeFile(late, JSON.stringify({ id: 99, text: "A late row." }));
  await table.reembed.import({ sources: [late], corpus: { key: "id", text: ["text"] }, mode: "append" });
  const warned = await runHere(["check", "--db", join(table.cwd, "db"), "--table", "docs"], {
    cwd: table.cwd,
  });
  const findings = warned.last["findings"] as { check: string; level: string; fix: string }[];
  assert.equal(warned.exitCode, 0, JSON.stringify(findings));
  assert.deepEqual(
    findings.map(({ check, level, fix }) => [check, level, fix]),
    ["stale", "coverage"].map((check) => [
      check,
      "warning",
      "reembed backfill --table docs --to bundled:potion-base-4m-int8 --name v1",
    ]),
  );
  await overwrite(table, "vector_v1", [5], shuffled);
  const failed = await runHere(["check", "--db", join(table.cwd, "db"), "--table", "docs", "--only", "mix"], {
    cwd: table.cwd,
  });
  assert.equal(failed.exitCode, 8);
});

test("what is due: versions and models", async () => {
  const table = await attackedTable(potion, half);
  const reembed = await table.reopen({ retirementGraceDays: 0 });
  await reembed.switch({ to: "v2" });
  const [due] = await table.findings("retire");
  assert.match(due?.message ?? "", /^v1 was to be let go of on \d{4}-\d\d-\d\d$/);
  assert.equal(due?.fix, "reembed retire --table docs --due");
});
