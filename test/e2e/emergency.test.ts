/** What is asked for most is embedded first: by a column of counts, by a log, as a plan and as a backfill. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openReembed, type Reembed } from "../../src/index.ts";
import { mustRunHere, runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const potion = "bundled:potion-base-4m-int8?dimensions=64";
const [fragments, rowsEach, hottest] = [10, 4, 7];

/** Memory in which each of the small fragments is a unit of its own. */
const memory = "11468B";

interface Scene {
  readonly cwd: string;
  readonly reembed: Reembed;
  readonly args: readonly string[];
}

/** A table of ten fragments, of which one has 73 % of the hits. */
async function openScene(context: TestContext): Promise<Scene> {
  const cwd = await temporaryFolder(context);
  const reembed = await openReembed({ cwd, db: "db", table: "docs", workers: 1, memory });
  context.after(() => reembed.close());
  for (let fragment = 0; fragment < fragments; fragment += 1) {
    const rows = Array.from({ length: rowsEach }, (_, row) => {
      const seen = fragment !== hottest ? 3 : row === 0 ? 73 * 4 : null;
      return JSON.stringify({ id: `${fragment}-${row}`, text: `note ${row} of part ${fragment}`, seen });
    });
    const file = join(cwd, `part-${fragment}.jsonl`);
    await writeFile(file, rows.join("\n"));
    const mode = fragment === 0 ? "create" : "append";
    await reembed.import({ sources: [file], corpus: { key: "id", text: ["text"] }, mode });
  }
  const args = ["--db", join(cwd, "db"), "--table", "docs", "--to", potion, "--memory", memory];
  return { cwd, reembed, args };
}

interface Use {
  readonly hits: number;
  readonly handledShare: number;
  readonly prefixes: readonly { readonly units: number; readonly rows: number; readonly share: number }[];
}

test("plan --emergency says what the first units answer, and its file keeps the order", async (context) => {
  const { cwd, args, reembed } = await openScene(context);
  const out = join(cwd, "plan.json");
  const planned = await mustRunHere(["plan", ...args, "--emergency", "--hits", "seen", "--out", out], {
    cwd,
  });
  const [target] = planned["targets"] as { units: number; use: Use }[];
  assert.equal(target?.units, fragments);
  assert.equal(target?.use.hits, 73 * 4 + 9 * 4 * 3);
  assert.equal(target?.use.prefixes[0]?.share, 0.73);
  assert.equal(target?.use.prefixes.at(-1)?.share, 1);

  const keys = [`${hottest}-0`, `${hottest}-3`, "2-1"];
  const log = [
    JSON.stringify({ key: keys[0], hits: 5 }),
    JSON.stringify({ type: "event", event: "warning:raised", message: "none of ours" }),
    JSON.stringify({ type: "result", command: "search", hits: [{ key: keys[1] }, { key: keys[2] }] }),
    JSON.stringify({ key: "gone" }),
  ];
  await writeFile(join(cwd, "hits.jsonl"), log.join("\n"));
  const [byLog] = (await reembed.plan({ to: [potion], hits: join(cwd, "hits.jsonl") })).targets;
  assert.deepEqual(
    byLog?.use?.prefixes.slice(0, 2).map(({ share }) => share),
    [6 / 7, 1],
  );

  const { units } = JSON.parse(await readFile(out, "utf8")) as { units: { fragments: { id: number }[] }[] };
  assert.deepEqual(
    units[0]?.fragments.map(({ id }) => id),
    [hottest],
  );
  await reembed.backfill({ plan: out, limitRows: rowsEach });
  assert.deepEqual(await filled(reembed), [hottest]);
});

test("backfill --emergency fills the hottest fragments first, and goes on with the next", async (context) => {
  const { cwd, args, reembed } = await openScene(context);
  await writeFile(join(cwd, "reembed.config.json"), JSON.stringify({ search: { hits: "./hits.jsonl" } }));
  await writeFile(join(cwd, "hits.jsonl"), ['{"key":"5-2","hits":9}', '{"key":"8-0","hits":4}'].join("\n"));
  const limit = ["--limit-rows", String(rowsEach)];
  await mustRunHere(["backfill", ...args, "--emergency", ...limit], { cwd });
  assert.deepEqual(await filled(reembed), [5]);
  await mustRunHere(["backfill", ...args, "--emergency", ...limit], { cwd });
  assert.deepEqual(await filled(reembed), [5, 8]);
  const [half] = (await reembed.plan({ to: [potion], hits: "seen" })).targets;
  assert.equal(half?.use?.handledShare, 24 / 400);
  await mustRunHere(["backfill", ...args, "--emergency", "--hits", "seen"], { cwd });
  assert.equal((await filled(reembed)).length, fragments);
});

test("what is no order is refused before anything is written", async (context) => {
  const { cwd, args, reembed } = await openScene(context);
  const refused = async (given: readonly string[], message: RegExp): Promise<void> => {
    const { exitCode, last } = await runHere(["plan", ...args, ...given], { cwd });
    assert.deepEqual([exitCode, last["type"]], [last["code"] === "REEMBED_CORPUS_FORMAT" ? 3 : 2, "error"]);
    assert.match(String(last["message"]), message);
  };
  await writeFile(join(cwd, "none.jsonl"), '{"key":"nobody"}');
  await writeFile(join(cwd, "bad.jsonl"), '{"key":"1-1","hits":"many"}');
  await refused(["--emergency"], /give --hits COLUMN or --hits FILE\.jsonl/);
  await refused(["--hits", "sean"], /the column sean of table docs is not there/);
  await refused(["--hits", "text"], /holds .*, and no counts/);
  await refused(["--hits", "none.jsonl"], /names no row of table docs/);
  await refused(["--hits", "bad.jsonl"], /the hits "many" are no count/);
  for (const [given, message] of [
    [["--plan", "plan.json"], /a plan has its own order/],
    [["--batch"], /leave --batch out, or --emergency and --hits/],
  ] as const) {
    const run = await runHere(["backfill", ...args, "--hits", "none.jsonl", ...given], { cwd });
    assert.deepEqual([run.exitCode, run.last["code"]], [2, "REEMBED_USAGE"]);
    assert.match(String(run.last["message"]), message);
  }
  assert.deepEqual((await reembed.versions()).versions, []);
});

/** Fragments whose rows have vectors of the first version. */
async function filled(reembed: Reembed): Promise<number[]> {
  const parts: number[] = [];
  for (let fragment = 0; fragment < fragments; fragment += 1) {
    const { versions } = await reembed.inspect({ key: `${fragment}-0` });
    if (versions[0]?.status === "fresh") parts.push(fragment);
  }
  return parts;
}
