/** An adoption killed with kill -9 after a commit of its own: what is there is right, and the next run finishes. */
import assert from "node:assert/strict";
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { arrow } from "../../src/arrow.ts";
import { openReembed, type Reembed } from "../../src/index.ts";
import { testVector } from "../store/support.ts";
import { runCli } from "../support/cli.ts";
import { isFullTest, unlessFull } from "../support/full-test.ts";
import { digestColumn, readColumn } from "../support/read-column.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const model = "bundled:potion-base-4m-int8";
const small = `${model}?dimensions=64`;
const rows = 60;

/** Even rows are said to be of the model, odd ones of its short form where vectors differ in length. */
const isSmall = (row: number): boolean => row % 2 === 1;

interface Form {
  readonly what: string;
  readonly args: readonly string[];
  /** The same from a program. */
  readonly request: Parameters<Reembed["adopt"]>[0];
  /** Whether vectors of both lengths are in the column. */
  readonly mixed: boolean;
  /** What a version may look like after a kill: whole or not there yet, and never in use with rows left out. */
  readonly between: RegExp;
  readonly end: readonly string[];
  /** Table versions after which a run is killed; the first commit of an adoption makes the second. */
  readonly moments: readonly number[];
}

const trusted = { column: "vector", trust: true, why: "a test" };

const afterEveryCommit = Array.from({ length: 11 }, (_, commit) => commit + 2);

const forms: readonly Form[] = [
  {
    what: "in place",
    args: ["--model", model],
    request: { ...trusted, model },
    mixed: false,
    between: /^v1 (planned|backfilling) (0|60) 0$|^v1 (ready|active) 60 0$/,
    end: ["v1 active 60 0"],
    // The companions are there and the record is not; rows are taken over and the version is not in use.
    moments: isFullTest ? afterEveryCommit : [4, 7],
  },
  {
    what: "split",
    args: ["--model-column", "tag", "--map", `a=${model}`, "--map", `b=${small}`, "--split"],
    request: { ...trusted, modelColumn: "tag", map: { a: model, b: small }, split: true },
    mixed: true,
    between: /^v[12] (planned|backfilling) (0|30) 0$/,
    end: ["v1 backfilling 30 0", "v2 backfilling 30 0"],
    moments: isFullTest ? afterEveryCommit : [],
  },
];

/** A table of somebody else. Its vectors are made up, so they are adopted on trust. */
async function makeTheirs(cwd: string, { mixed }: Form): Promise<void> {
  const item = new arrow.Field("item", new arrow.Float32(), true);
  const all = Array.from({ length: rows }, (_, row) => row);
  const dimensionsOf = (row: number): number => (mixed && isSmall(row) ? 64 : 128);
  const columns = {
    id: arrow.vectorFromArray(
      all.map((row) => BigInt(row)),
      new arrow.Int64(),
    ),
    text: arrow.vectorFromArray(
      all.map((row) => `the tax of river ${row}`),
      new arrow.Utf8(),
    ),
    tag: arrow.vectorFromArray(
      all.map((row) => (isSmall(row) ? "b" : "a")),
      new arrow.Utf8(),
    ),
    vector: arrow.vectorFromArray(
      all.map((row) => [...testVector(String(row), dimensionsOf(row))]),
      mixed ? new arrow.List(item) : new arrow.FixedSizeList(128, item),
    ),
  };
  const database = await connect(join(cwd, "db"));
  await database.createTable("theirs", new arrow.Table(columns));
  database.close();
  const config = { table: "theirs", corpus: { key: "id", text: ["text"] }, workers: 1 };
  await writeFile(join(cwd, "reembed.config.json"), JSON.stringify(config));
}

/** Runs a command and kills it as soon as the table has so many versions. */
async function killAt(cwd: string, tableVersion: number, args: readonly string[]): Promise<void> {
  const folder = join(cwd, "db", "theirs.lance", "_versions");
  const watchers: FSWatcher[] = [];
  await runCli([...args, "--db", "db"], {
    cwd,
    onStart: (child) => {
      const look = (): void => {
        const manifests = readdirSync(folder).filter((name) => name.endsWith(".manifest"));
        if (manifests.length >= tableVersion) child.kill("SIGKILL");
      };
      watchers.push(watch(folder, look));
    },
  });
  for (const watcher of watchers) watcher.close();
}

/** Every version as it stands: its name, its state, and how many rows have a vector in it. */
async function versionsOf(cwd: string): Promise<string[]> {
  const reembed = await openReembed({ db: join(cwd, "db"), cwd });
  try {
    const { versions } = await reembed.versions();
    return versions.map(({ name, state, covered, stale }) => `${name} ${state} ${covered} ${stale}`);
  } finally {
    await reembed.close();
  }
}

async function followForm(context: TestContext, form: Form): Promise<void> {
  const base = await temporaryFolder(context);
  await makeTheirs(base, form);
  const theirs = form.mixed ? null : await digestColumn(join(base, "db"), "theirs", "id", "vector");
  const seen = new Set<string>();
  for (const moment of form.moments) {
    const cwd = await temporaryFolder(context);
    await cp(base, cwd, { recursive: true });
    await killAt(cwd, moment, ["adopt", "--column", "vector", ...form.args, "--trust", "--why", "a test"]);
    const between = await versionsOf(cwd);
    seen.add(between.join());
    for (const version of between) assert.match(version, form.between);

    const reembed = await openReembed({ db: join(cwd, "db"), cwd });
    await reembed.adopt(form.request);
    await reembed.close();
    assert.deepEqual(await versionsOf(cwd), form.end);
    if (theirs === null) await checkSplit(cwd);
    else assert.equal(await digestColumn(join(cwd, "db"), "theirs", "id", "vector"), theirs);
  }
  assert.ok(seen.size >= 2, `every kill left the same: ${[...seen].join(" | ")}`);
}

/** Each version holds the vectors of its own rows, bit by bit, and no others. */
async function checkSplit(cwd: string): Promise<void> {
  const columns = ["vector_v1", "vector_v2"].map((name) => readColumn(join(cwd, "db"), "theirs", "id", name));
  for (const vectors of await Promise.all(columns)) {
    const dimensions = [...vectors.values()].find((vector) => vector !== null)?.length ?? 0;
    for (const [key, vector] of vectors) {
      const own = isSmall(Number(key)) === (dimensions === 64);
      assert.deepEqual(vector, own ? testVector(key, dimensions) : null, key);
    }
  }
}

for (const form of forms) {
  const skip = form.moments.length === 0 && unlessFull;
  test(`an adoption ${form.what}, killed after a commit`, { skip }, async (context) =>
    followForm(context, form),
  );
}
