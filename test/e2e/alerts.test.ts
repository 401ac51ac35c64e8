/** Alerts of the jobs, on a real table and a real receiver: each thing once, also through failures and restarts. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { JobReport } from "../../src/core/verbs-jobs.ts";
import { startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { attackedTable } from "../support/attacked-table.ts";
import { runHere } from "../support/run-here.ts";
import { startWebServer } from "../support/web-server.ts";

const msPerDay = 86_400_000;
const secret = "0123456789abcdef-secret";
const docs = await readFile(fileURLToPath(new URL("../../docs/jobs-and-serve.md", import.meta.url)), "utf8");

const end = (level: number) => [{ kind: "deprecation", level, job: null, code: null }];

/** The receiver's check as the documentation shows it. */
async function shownCheck(): Promise<
  (body: string, header: unknown, secret: string, nowMs?: number) => boolean
> {
  const [, source = ""] = /```js\n(.*?)```/s.exec(docs) ?? [];
  const { isSigned } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    isSigned: Awaited<ReturnType<typeof shownCheck>>;
  };
  return isSigned;
}

test("ends of models and failed jobs are posted once each, signed; what is not taken is sent again", async (context) => {
  const provider = await startMockProvider();
  context.after(() => provider.close());
  const web = await startWebServer(context, (response) => response.writeHead(204).end());
  const model = `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider.url}/v1&acceptMutable=true`;
  const { cwd } = await attackedTable(model);
  const calendar = join(cwd, "ends.jsonl");
  const config = join(cwd, "reembed.config.json");
  await writeFile(
    config,
    JSON.stringify({
      stateFolder: "state",
      provider: { limitsFolder: join(cwd, "limits") },
      deprecations: { files: ["ends.jsonl"] },
      alerts: { webhook: `${web.url}/T0/hush` },
    }),
  );
  const endsIn = (days: number): Promise<void> =>
    writeFile(
      calendar,
      JSON.stringify({
        provider: "openai-compatible",
        model: "potion-base-4m-int8",
        announced: null,
        shutdown: new Date(Date.now() + days * msPerDay).toISOString().slice(0, 10),
        replacement: null,
        source: "https://example.test/ends",
        asOf: "2026-01-01",
      }),
    );
  const printed: string[] = [];
  const run = async (
    env: Readonly<Record<string, string>> = { REEMBED_ALERTS_SECRET: secret },
    ...flags: string[]
  ): Promise<{ exitCode: number; code: unknown; alerts: JobReport | undefined; posted: unknown[] }> => {
    const before = web.asked.length;
    const args = ["run-jobs", "--config", config, "--db", join(cwd, "db"), "--table", "docs", ...flags];
    const { exitCode, last, lines, stderr } = await runHere(args, { cwd, env });
    printed.push(JSON.stringify(lines), stderr);
    const alerts = ((last["jobs"] ?? []) as JobReport[]).find(({ job }) => job === "alerts");
    const posted = web.asked.slice(before).map(({ body }) => JSON.parse(body) as unknown);
    return { exitCode, code: last["code"], alerts, posted };
  };
  const told = ({ posted }: Awaited<ReturnType<typeof run>>) =>
    posted.map((alert) => {
      const { kind, level, job, code } = alert as Record<string, unknown>;
      return { kind, level, job, code };
    });

  // Without a secret nothing is begun; a dry run tells nobody.
  await endsIn(20);
  const unsigned = await run({});
  assert.deepEqual([unsigned.exitCode, unsigned.code], [2, "REEMBED_CONFIG_INVALID"]);
  const planned = await run(undefined, "--dry-run");
  assert.equal(planned.alerts?.message, `1 alert would be told to ${web.url}`);
  assert.deepEqual(planned.posted, []);

  // Each run is a process of its own: what was told is on disk.
  const first = await run();
  assert.deepEqual([first.exitCode, first.alerts?.message], [0, `1 alert told to ${web.url}`]);
  assert.deepEqual(told(first), end(30));
  const again = await run();
  assert.deepEqual([again.alerts?.state, again.posted], ["nothing", []]);

  const isSigned = await shownCheck();
  const [request] = web.asked;
  const signature = request?.headers["reembed-signature"];
  assert.ok(request !== undefined && isSigned(request.body, signature, secret));
  assert.ok(!isSigned(`${request.body} `, signature, secret), "another body");
  assert.ok(!isSigned(request.body, signature, `${secret}s`), "another secret");
  assert.ok(!isSigned(request.body, signature, secret, Date.now() + 301_000), "an old one");
  assert.ok(!isSigned(request.body, undefined, secret), "none");
  const [, example = ""] = /```json\n(\{\n {2}"id".*?)```/s.exec(docs) ?? [];
  assert.deepEqual(
    Object.keys(JSON.parse(request.body) as object),
    Object.keys(JSON.parse(example) as object),
  );

  // Refused: the job fails, says so, and the next run sends the very same alert.
  await endsIn(5);
  web.answer = (response) => response.writeHead(400).end();
  const refused = await run();
  assert.deepEqual([refused.exitCode, refused.alerts?.code], [5, "REEMBED_ALERTS_REFUSED"]);
  assert.match(
    refused.alerts?.message ?? "",
    /status 400 \(1 attempt\); the next run of the jobs sends it again/,
  );
  web.answer = (response) => response.writeHead(200).end("ok");
  const taken = await run();
  assert.deepEqual(told(taken), end(7));
  assert.deepEqual(taken.posted, refused.posted);
  assert.deepEqual((await run()).posted, []);

  // A tripped canary is told once, and once more when it trips again after it was well.
  const trip = { kind: "job-failed", level: null, job: "canary", code: "REEMBED_CANARY_TRIPPED" };
  const ids = new Set<unknown>();
  for (const round of [1, 2]) {
    provider.setFaults({ driftAfter: 0, driftDistance: 0.1 });
    const tripped = await run();
    assert.equal(tripped.exitCode, 8, `round ${round}`);
    assert.deepEqual(told(tripped), [trip]);
    ids.add((tripped.posted[0] as { id: string }).id);
    assert.deepEqual((await run()).posted, []);
    provider.setFaults({ driftAfter: null });
    assert.deepEqual((await run()).posted, []);
  }
  assert.equal(ids.size, 2);

  // Another address was told nothing yet; a damaged note is said, not guessed at.
  await writeFile(config, (await readFile(config, "utf8")).replace("/T0/hush", "/T1/hush"));
  assert.deepEqual(told(await run()), end(7));
  const folder = join(cwd, "state", "alerts", "docs");
  for (const name of await readdir(folder)) await writeFile(join(folder, name), "{}");
  const damaged = await run();
  assert.deepEqual([damaged.exitCode, damaged.alerts?.code], [6, "REEMBED_ALERTS_STATE"]);
  assert.match(damaged.alerts?.message ?? "", /remove it, and the alerts that last are told once more/);

  for (const text of printed) assert.doesNotMatch(text, /0123456789abcdef|hush/);
  for (const file of await readdir(join(cwd, "state"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    assert.doesNotMatch(await readFile(join(file.parentPath, file.name), "latin1"), /0123456789abcdef|hush/);
  }
});
