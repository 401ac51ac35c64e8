/** A parent that is named when a package is pinned: kept with digests, shown with the versions. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openReembed } from "../../src/index.ts";
import { writeFineTune } from "../support/fine-tune.ts";
import { runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const base = "bundled:potion-base-4m-int8";

test("model pull --parent stands in the lock file and in the tree of versions", async (context) => {
  const cwd = await temporaryFolder(context);
  const mine = `local:${join(cwd, "mine")}`;
  await writeFineTune(join(cwd, "mine"), { every: 3, by: 9 });
  await writeFile(join(cwd, "pairs.tsv"), "a\tb\n");
  const pull = ["model", "pull", mine];

  const floating = await runHere([...pull, "--parent", "potion-base-4m-int8"], { cwd });
  assert.equal(floating.last["code"], "REEMBED_CONFIG_UNPINNED");
  const alone = await runHere([...pull, "--data", "pairs.tsv"], { cwd });
  assert.equal(alone.exitCode, 2);
  const missing = await runHere([...pull, "--parent", base, "--data", join(cwd, "none.tsv")], { cwd });
  assert.equal(missing.exitCode, 3, JSON.stringify(missing.last));

  const args = [...pull, "--parent", base, "--data", join(cwd, "pairs.tsv")];
  assert.equal((await runHere(args, { cwd })).exitCode, 0);
  // Pinned again, nothing of what was said is lost.
  assert.equal((await runHere(pull, { cwd })).exitCode, 0);
  const lock = JSON.parse(await readFile(join(cwd, "reembed.lock.json"), "utf8")) as {
    packages: Record<string, { parent?: unknown; canaries?: unknown[] }>;
  };
  const entry = lock.packages["local:mine"];
  const data = { sha256: hash("sha256", "a\tb\n", "hex"), bytes: 4 };
  assert.deepEqual(entry?.parent, { reference: base, data });
  assert.equal(entry.canaries?.length, 1);

  const reembed = await openReembed({ db: join(cwd, "db"), table: "docs", cwd, workers: 1 });
  context.after(() => reembed.close());
  await writeFile(join(cwd, "docs.jsonl"), '{"id":"a","text":"one text"}\n');
  await reembed.import({ sources: [join(cwd, "docs.jsonl")], corpus: { key: "id", text: ["text"] } });
  await reembed.backfill({ to: base });
  await reembed.backfill({ to: mine });
  const { families = [] } = await reembed.versions({ tree: true });
  assert.deepEqual(
    families.map(({ spaces }) => spaces.map(({ depth, versions }) => [depth, versions])),
    [
      [
        [0, ["v1"]],
        [1, ["v2"]],
      ],
    ],
  );

  // The base is another package by now under its old reference.
  const old = `local:${join(cwd, "base")}`;
  await writeFineTune(join(cwd, "base"), { every: 5, by: 3 });
  await reembed.close();
  const run = (...words: string[]) =>
    runHere([...words, "--db", join(cwd, "db"), "--table", "docs", "--pin"], { cwd });
  assert.equal((await run("backfill", "--to", old)).exitCode, 0);
  await writeFineTune(join(cwd, "tune"), { every: 7, by: 9, baseModel: old });
  assert.equal((await run("backfill", "--to", `local:${join(cwd, "tune")}`)).exitCode, 0);
  assert.deepEqual((await run("versions", "--tree")).last["newerBases"], []);
  await writeFineTune(join(cwd, "base"), { every: 5, by: 8 });
  await rm(join(cwd, "reembed.lock.json"));
  assert.equal((await run("backfill", "--to", old, "--name", "again")).exitCode, 0);
  const { newerBases } = (await run("versions", "--tree")).last as { newerBases: { version: string }[] };
  assert.deepEqual(
    newerBases.map(({ version }) => version),
    ["v4"],
  );
  const { findings } = (await run("check", "--only", "lineage")).last as {
    findings: { level: string; message: string }[];
  };
  assert.match(
    findings.map(({ level, message }) => `${level}: ${message}`).join("\n"),
    /^warning: v4 was made from local:.*base, and the base has a newer revision: local:.*base \(version again of \d{4}-\d\d-\d\d\)$/,
  );
});
