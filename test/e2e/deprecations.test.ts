/** Models that their providers end: by the shipped calendar, one at an address and files, told wherever it matters. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { alertDays } from "../../src/core/deprecations.ts";
import type { Finding } from "../../src/core/verbs-check.ts";
import { startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { attackedTable } from "../support/attacked-table.ts";
import { runHere } from "../support/run-here.ts";
import { startWebServer } from "../support/web-server.ts";

const msPerDay = 86_400_000;

const inDays = (days: number): string =>
  new Date(Date.now() + days * msPerDay).toISOString().slice(0, "2026-01-01".length);

const entry = (shutdown: string, replacement: string | null): string =>
  JSON.stringify({
    provider: "openai-compatible",
    model: "potion-base-4m-int8",
    announced: null,
    shutdown,
    replacement,
    source: "https://example.test/ends",
    asOf: "2026-01-01",
  });

test("an end is told by check, versions and run-jobs, from an address and from files, which win", async (context) => {
  const provider = await startMockProvider();
  context.after(() => provider.close());
  const web = await startWebServer(context, (response) => response.writeHead(404).end());
  const model = `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider.url}/v1&acceptMutable=true`;
  const table = await attackedTable(model);
  const run = async (command: string, deprecations: object, ...flags: string[]) => {
    await writeFile(
      join(table.cwd, "reembed.config.json"),
      JSON.stringify({
        deprecations,
        stateFolder: "state",
        provider: { limitsFolder: join(table.cwd, "limits") },
      }),
    );
    const base = ["--config", join(table.cwd, "reembed.config.json"), "--db", join(table.cwd, "db")];
    return runHere([command, ...base, "--table", "docs", ...flags], { cwd: table.cwd });
  };
  const check = async (deprecations: object): Promise<{ exitCode: number; findings: Finding[] }> => {
    const { exitCode, last } = await run("check", deprecations, "--only", "deprecations");
    return { exitCode, findings: last["findings"] as Finding[] };
  };

  assert.deepEqual((await check({})).findings, [], "the shipped calendar does not have it");

  const url = `${web.url}/ends.jsonl`;
  const [down] = (await check({ url })).findings;
  assert.equal(down?.level, "warning");
  assert.match(down.message, /status 404; there is no earlier copy of it/);

  web.answer = (response) => response.writeHead(200).end(entry(inDays(20), "potion-9"));
  const told = await check({ url });
  assert.equal(told.exitCode, 0, "an end to come is a warning");
  assert.match(
    told.findings[0]?.message ?? "",
    /^openai-compatible:potion-base-4m-int8, which made v1, ends on \d{4}-\d\d-\d\d, in (19|20) days \(https:\/\/example\.test\/ends, as of 2026-01-01\); its provider recommends potion-9$/,
  );
  assert.equal(told.findings[0]?.fix, "reembed plan --table docs --to openai-compatible:potion-9");
  const versions = await run("versions", { url });
  assert.deepEqual(
    (versions.last["deprecations"] as { level: number }[]).map(({ level }) => level),
    [30],
  );
  const jobs = (await run("run-jobs", { url })).last["jobs"] as { job: string; state: string }[];
  assert.equal(jobs.find(({ job }) => job === "deprecations")?.state, "warning");

  // Every level, by a file of the user's, which wins over the address.
  const file = join(table.cwd, "ends.jsonl");
  for (const days of alertDays) {
    await writeFile(file, entry(inDays(days - 1), null));
    const { findings } = await check({ url, files: [file] });
    assert.match(findings[0]?.message ?? "", new RegExp(`in (${days - 1}|${days - 2}) days`));
    assert.equal(findings[0]?.fix, "reembed plan --table docs --to REF");
  }
  await writeFile(file, entry(inDays(95), null));
  assert.deepEqual((await check({ url, files: [file] })).findings, []);
  await writeFile(file, entry(inDays(-3), null));
  const ended = await check({ url, files: [file] });
  assert.deepEqual([ended.exitCode, ended.findings[0]?.level], [8, "error"]);
  assert.match(ended.findings[0]?.message ?? "", /which made v1, ended on/);

  await writeFile(file, `${entry(inDays(3), null)}\n{}`);
  const broken = await run("check", { files: [file] }, "--only", "deprecations");
  assert.deepEqual([broken.exitCode, broken.last["code"]], [2, "REEMBED_CONFIG_INVALID"]);
  assert.match(String(broken.last["message"]), /ends\.jsonl:2: provider: /);
  const address = await run("check", { url: "ftp://user:hush@example.test" });
  assert.equal(address.exitCode, 2);
  assert.match(
    String(address.last["message"]),
    /"deprecations\.url" has another form .*write an http or https/,
  );
  assert.doesNotMatch(JSON.stringify(address.last), /hush/);
});
