import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ReembedError } from "../../src/core/errors.ts";
import { backfillResult, fakeEngine } from "./support/fake-engine.ts";
import { jsonLines, runFake } from "./support/fake-host.ts";

const folder = mkdtempSync(join(tmpdir(), "reembed-log-"));
after(() => rmSync(folder, { recursive: true }));

const progress = {
  event: "backfill:progress",
  version: "v2",
  rows: 1,
  totalRows: 2,
  tokens: 3,
  rowsPerSecond: 4,
  tokensPerSecond: 5,
  etaSeconds: 6,
  rssBytes: 7,
} as const;

test("what happens is appended, dated, with progress thinned out", async () => {
  const file = join(folder, "run.log");
  const engine = fakeEngine({
    async backfill(emit) {
      emit({ event: "round:planned", version: "v2", round: 1, units: 1, rows: 2 });
      for (let time = 0; time < 5; time += 1) emit(progress);
      emit({ event: "warning:raised", message: "odd" });
      return backfillResult;
    },
  });
  const first = await runFake(["backfill", "--to", "x", "--log", file], { engine });
  assert.equal(first.exitCode, 0);
  assert.match(first.stdout, /^v2 is ready/);
  const lines = jsonLines(readFileSync(file, "utf8"));
  assert.deepEqual(
    lines.map((line) => [line["level"], line["event"] ?? line["msg"]]),
    [
      ["info", "started"],
      ["info", "round:planned"],
      ["debug", "backfill:progress"],
      ["warn", "warning:raised"],
      ["info", "finished"],
    ],
  );
  assert.equal(lines[0]?.["command"], "backfill");
  for (const line of lines) assert.ok(!Number.isNaN(Date.parse(String(line["time"]))));

  await runFake(["backfill", "--to", "x", "--log", file], { engine });
  assert.equal(jsonLines(readFileSync(file, "utf8")).length, 10);
});

test("an error is logged with where it happened; secrets are not", async () => {
  const file = join(folder, "secret.log");
  const engine = fakeEngine({
    async backfill() {
      throw new ReembedError("REEMBED_STORE_URI", "cannot open s3://me:hunter2@bucket?api_key=sk-12345", {
        details: { uri: "https://me:hunter2@host/path", token: 7n },
      });
    },
  });
  const db = "s3://me:hunter2@bucket/x?access_key=AKIA99&region=eu";
  const { exitCode } = await runFake(["backfill", "--to", "x", "--db", db, "--log", file], { engine });
  assert.equal(exitCode, 6);
  const text = readFileSync(file, "utf8");
  assert.ok(!/hunter2|sk-12345|AKIA99/.test(text), text);
  const last = jsonLines(text).at(-1);
  assert.equal(last?.["code"], "REEMBED_STORE_URI");
  assert.match(String(last?.["stack"]), /diagnostic-log\.test\.ts/);
});

test("a log that cannot be written is refused before anything is done", async () => {
  const file = join(folder, "no", "such", "folder.log");
  const { exitCode, stderr } = await runFake(["backfill", "--to", "x", "--log", file]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /^error: the log .*folder\.log cannot be written: ENOENT/);
});
