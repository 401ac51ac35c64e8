/**
 * The soak: two processes fill a version, and are killed at random, while others append, change and
 * delete rows, compact the table, build indexes and search it. What must hold is checked at the end.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, Index, type Table } from "@lancedb/lancedb";
import { requireWordnet, wordnetGlosses } from "../../src/datasets/wordnet.ts";
import { openReembed } from "../../src/index.ts";
import { isConflict, lostScratchFiles } from "../../src/store/store-error.ts";
import { mustRun, runCli } from "./cli.ts";
import { readColumn } from "./read-column.ts";

export interface SoakOptions {
  /** An empty folder. */
  readonly cwd: string;
  readonly rows: number;
  /** How long rows change and processes are killed. */
  readonly seconds: number;
  /** Decides keys, sizes and moments; what the system makes of them differs from run to run. */
  readonly seed: number;
}

export interface SoakReport {
  readonly appended: number;
  readonly changed: number;
  readonly deleted: number;
  readonly compactions: number;
  readonly indexBuilds: number;
  readonly searches: number;
  readonly runs: number;
  readonly killed: number;
  /** Runs that ended with an error, by its code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly rows: number;
}

const model = "bundled:potion-base-4m-int8";
const first = ["--to", `${model}?dimensions=64`, "--name", "v1"];
const second = ["--to", model, "--name", "v2"];
const at = ["--db", "db", "--table", "docs"];

/** Attempts at an index whose scratch files LanceDB loses. */
const scratchTries = 3;

/** What a run may end with because of others' commits; the next one goes on. */
const expectedFailures: ReadonlySet<string> = new Set(["REEMBED_STORE_CONFLICT"]);

/** Runs one soak and checks the table. @throws AssertionError where something was lost or mixed */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { cwd, seconds, seed } = options;
  const db = join(cwd, "db");
  const texts = await importGlosses(options);
  await mustRun(["backfill", ...first, ...at], { cwd });
  const original = await readColumn(db, "docs", "id", "vector_v1");

  const counts = { appended: 0, changed: 0, deleted: 0, compactions: 0, indexBuilds: 0, searches: 0 };
  const runs = { runs: 0, killed: 0, failed: {} as Record<string, number> };
  const untilMs = performance.now() + seconds * 1000;
  const failure = new AbortController();
  const over = (): boolean => failure.signal.aborted || performance.now() >= untilMs;
  const keys = [...texts.keys()];

  /**
   * Repeats what loses to another writer's commit, as any program does that writes to a shared table. False
   * where LanceDB lost scratch files of its own each time: for some states of an index it does so until that
   * is built anew.
   */
  const write = async (change: (table: Table) => Promise<unknown>): Promise<boolean> => {
    for (let lost = 0; lost < scratchTries;) {
      const connection = await connect(db);
      try {
        await change(await connection.openTable("docs"));
        return true;
      } catch (error) {
        if (lostScratchFiles(error)) lost += 1;
        else if (!isConflict(error)) throw error;
      } finally {
        connection.close();
      }
    }
    return false;
  };
  // Rows that change in its fragments make a compaction start over, so they hold still for it now and then.
  let compaction: Promise<void> = Promise.resolve();
  const actor = async (salt: number, act: (random: () => number) => Promise<void>): Promise<void> => {
    const random = generator(seed * 31 + salt);
    do {
      await compaction;
      await act(random);
      await sleep(50 + 200 * random());
    } while (!over());
  };

  const appender = actor(1, async (random) => {
    const rows = Array.from({ length: 1 + Math.floor(40 * random()) }, (_, row) => ({
      id: `new-${counts.appended + row}`,
      text: `a row that came later, of number ${counts.appended + row}`,
    }));
    await write((table) => table.add(rows));
    for (const { id, text } of rows) texts.set(id, text);
    counts.appended += rows.length;
  });
  // The updater and the deleter have keys of their own, so that what is left does not hang on their order.
  const updater = actor(2, async (random) => {
    const id = keys[2 * Math.floor((random() * keys.length) / 2)] as string;
    const text = `the text was changed for the time ${counts.changed}`;
    await write((table) => table.update({ where: `id = '${id}'`, values: { text } }));
    texts.set(id, text);
    counts.changed += 1;
  });
  const deleter = actor(3, async (random) => {
    const id = keys[2 * Math.floor((random() * (keys.length - 2)) / 2) + 1] as string;
    await write((table) => table.delete(`id = '${id}'`));
    if (texts.delete(id)) counts.deleted += 1;
  });
  const optimizer = actor(4, async (random) => {
    await sleep(1000 * random());
    const compacting = write((table) => table.optimize());
    compaction = compacting.then(
      () => {},
      () => {},
    );
    if (await compacting) counts.compactions += 1;
  });
  const indexer = actor(5, async (random) => {
    await sleep(2000 * random());
    const built = await write((table) =>
      table.createIndex("vector_v1", {
        config: Index.ivfFlat({ numPartitions: 16, distanceType: "cosine" }),
      }),
    );
    if (built) counts.indexBuilds += 1;
  });
  const reembed = await openReembed({ db, table: "docs", cwd });
  const searcher = actor(6, async () => {
    const found = await reembed.search({ text: "an animal that sleeps a lot", limit: 5 });
    assert.equal(found.version, "v1", "every search is answered from the active version");
    assert.equal(found.hits.length, 5);
    assert.ok(found.hits.every(({ distance }) => distance !== null && distance >= 0 && distance <= 2));
    counts.searches += 1;
  });
  const filler = async (salt: number): Promise<void> => {
    const random = generator(seed * 17 + salt);
    while (!over()) {
      // The first run of each is killed, and of the others two in three: at a line of what it says, since
      // a moment by the clock would mean another one on each machine.
      const lives = runs.killed > 0 && random() < 1 / 3;
      const lastLine = lives ? Infinity : 1 + Math.floor(5 * random());
      let lines = 0;
      const run = await runCli(["backfill", ...second, "--workers", "1", ...at], {
        cwd,
        onLine: (_, child) => {
          lines += 1;
          if (lines === lastLine) child.kill("SIGKILL");
        },
      });
      runs.runs += 1;
      if (run.signal === "SIGKILL") runs.killed += 1;
      else if (run.exitCode !== 0) {
        const code = String(run.last["code"]);
        runs.failed[code] = (runs.failed[code] ?? 0) + 1;
        assert.ok(
          expectedFailures.has(code),
          `a backfill ended with ${JSON.stringify(run.last)}\n${run.stderr}`,
        );
      }
    }
  };
  try {
    const actors = [appender, updater, deleter, optimizer, indexer, searcher, filler(7), filler(8)];
    for (const each of actors) each.catch((error: unknown) => failure.abort(error));
    // None may go on beside a folder that is being removed.
    await Promise.allSettled(actors);
    failure.signal.throwIfAborted();
  } finally {
    await reembed.close();
  }

  // Left alone, one run ends it.
  const last = await mustRun(["backfill", ...second, ...at], { cwd });
  assert.equal(last["state"], "ready");
  await checkTable(cwd, texts, original);
  return { ...counts, ...runs, rows: texts.size };
}

/** The first glosses of WordNet, as a table and as what it should hold. */
async function importGlosses({ cwd, rows }: SoakOptions): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { id, gloss } of wordnetGlosses(await requireWordnet())) {
    if (texts.size < rows) texts.set(id, gloss);
  }
  await importTexts(cwd, "docs", texts);
  return texts;
}

async function importTexts(cwd: string, table: string, texts: ReadonlyMap<string, string>): Promise<void> {
  const lines = [...texts].map(([id, text]) => JSON.stringify({ id, text }));
  await writeFile(join(cwd, `${table}.jsonl`), lines.join("\n"));
  await mustRun(
    ["import", `${table}.jsonl`, "--key", "id", "--text", "text", "--db", "db", "--table", table],
    { cwd },
  );
}

/** Every row once, with the vector of its present text; the old version as it was. */
async function checkTable(
  cwd: string,
  texts: ReadonlyMap<string, string>,
  original: ReadonlyMap<string, unknown>,
): Promise<void> {
  const db = join(cwd, "db");
  const connection = await connect(db);
  const table = await connection.openTable("docs");
  assert.equal(await table.countRows(), texts.size, "no row is lost or doubled");
  const { versions } = (await mustRun(["versions", ...at], { cwd })) as {
    versions: Record<string, unknown>[];
  };
  const filled = versions.find((version) => version["name"] === "v2");
  assert.deepEqual([filled?.["covered"], filled?.["stale"], filled?.["indexCoverage"]], [texts.size, 0, 1]);

  await importTexts(cwd, "calm", texts);
  await mustRun(["backfill", ...second, "--db", "db", "--table", "calm"], { cwd });
  const found = await readColumn(db, "docs", "id", "vector_v2");
  const expected = await readColumn(db, "calm", "id", "vector_v2");
  assert.equal(found.size, expected.size);
  for (const [id, vector] of expected) assert.deepEqual(found.get(id), vector, `v2 of row ${id}`);
  const old = await readColumn(db, "docs", "id", "vector_v1");
  for (const [id, vector] of original) {
    if (texts.has(id)) assert.deepEqual(old.get(id), vector, `v1 of row ${id}`);
  }
  connection.close();
}

/** Numbers from 0 to 1, the same for a seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
