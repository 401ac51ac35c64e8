/**
 * Searches a table until standard input ends, then prints what came of it. Every answer must be one
 * version's alone: the version that it names, that version's space, and the hits which that version
 * gives to this question when nothing else happens.
 *
 *     node search-loop.ts FOLDER EXPECTED.json
 */
import { readFile } from "node:fs/promises";
import { openReembed } from "../../src/index.ts";

/** Version -> its space, and the keys of its hits for each question. */
export interface ExpectedAnswers {
  readonly [version: string]: {
    readonly spaceId: string;
    readonly keys: Readonly<Record<string, readonly string[]>>;
  };
}

export interface LoopResult {
  readonly searches: number;
  readonly seconds: number;
  readonly byVersion: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

const [folder = "", expectedFile = ""] = process.argv.slice(2);
const expected = JSON.parse(await readFile(expectedFile, "utf8")) as ExpectedAnswers;
const questions = Object.keys(Object.values(expected)[0]!.keys);
const reembed = await openReembed({ cwd: folder, db: "db", table: "docs", workers: 1 });
let ended = false;
process.stdin.on("end", () => (ended = true)).resume();

const byVersion: Record<string, number> = {};
const wrong: string[] = [];
let searches = 0;
await reembed.search({ text: questions[0]!, limit: 3 });
console.log("searching");
const started = performance.now();
while (!ended) {
  const text = questions[searches % questions.length]!;
  try {
    const answer = await reembed.search({ text, limit: 3 });
    const keys = answer.hits.map((hit) => String(hit.key));
    const own = expected[answer.version];
    byVersion[answer.version] = (byVersion[answer.version] ?? 0) + 1;
    const right =
      own?.spaceId === answer.spaceId &&
      answer.hits.every((hit) => hit.version === answer.version) &&
      JSON.stringify(keys) === JSON.stringify(own.keys[text]);
    if (!right) wrong.push(`${text}: ${answer.version} answered ${keys.join(", ")}`);
  } catch (error) {
    wrong.push(String(error));
  }
  searches += 1;
}
const seconds = (performance.now() - started) / 1000;
await reembed.close();
const result: LoopResult = { searches, seconds, byVersion, wrong };
console.log(JSON.stringify(result));
