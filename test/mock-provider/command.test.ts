import assert from "node:assert/strict";
import { test } from "node:test";
import { mockProviderFlags, mockProviderOptions } from "../../src/cli/commands/mock-provider-flags.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { completeSettings, defaultSettings, noFaults } from "../../src/mock-provider/settings.ts";
import { runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { post } from "./mock-client.ts";

function settingsOf(...argv: string[]) {
  const { values } = parseArguments(argv, {
    command: "mock-provider",
    specs: mockProviderFlags,
    argument: null,
  });
  return completeSettings(mockProviderOptions(values as Parameters<typeof mockProviderOptions>[0], null));
}

test("no flag is every default", () => {
  assert.deepEqual(settingsOf(), defaultSettings);
});

test("flags become settings, with their units", () => {
  const { limits, latency, batches, faults, models } = settingsOf(
    ..."--rpm 3000 --tpm 1000000 --burst 1s --latency 150ms~0.5 --latency-per-token 20us --batch-time 2s".split(
      " ",
    ),
    ..."--error-429 0.05 --error-429-hint mixed --error-5xx .02 --drift-after 9 --poison a=b --poison-status 500".split(
      " ",
    ),
    ..."--model m=local:/x?maxTokens=9 --dimensions 256".split(" "),
  );
  assert.deepEqual([limits.requestsPerMin, limits.tokensPerMin, limits.burstSeconds], [3_000, 1_000_000, 1]);
  assert.equal(batches.secondsPerRequest, 2);
  assert.deepEqual(latency, { medianMs: 150, sigma: 0.5, perTokenMs: 0.02 });
  assert.deepEqual(faults, {
    ...noFaults,
    error429: 0.05,
    error429Hint: "mixed",
    error5xx: 0.02,
    driftAfter: 9,
    poison: [{ text: "a=b", status: 500 }],
  });
  assert.deepEqual(models, [{ name: "m", reference: "local:/x?maxTokens=9", dimensions: 256 }]);
});

test("what makes no sense is refused with what would", () => {
  const refusals = [
    ["--error-429 5", /--error-429 takes a share from 0 to 1, as 0\.05, not "5"/],
    ["--latency 150", /--latency takes a time with its unit, as 150ms or 2s, not "150"/],
    ["--jitter -1", /--jitter/],
    ["--model potion", /--model takes NAME=REF/],
    ["--dimensions 9", /--dimensions is of the models of --model/],
  ] as const;
  for (const [argv, message] of refusals) assert.throws(() => settingsOf(...argv.split(" ")), message);
});

test("the command says where it listens, serves, and ends with its ledger", async (t) => {
  const cwd = await temporaryFolder(t);
  const keyed = { MOCK_PROVIDER_API_KEY: "sk-of-this-test" };
  const served: unknown[] = [];
  const run = await runCli(["mock-provider", "--error-5xx", "0", "--count-texts"], {
    cwd,
    env: keyed,
    onLine: (line, child) => {
      if (line["event"] !== "mock-provider:listening") return;
      const url = line["url"] as string;
      const question = { model: "text-embedding-3-small", input: ["a", "b"] };
      const ask = async (): Promise<void> => {
        served.push((await post(`${url}/v1/embeddings`, question)).status);
        const key = { authorization: `Bearer ${keyed.MOCK_PROVIDER_API_KEY}` };
        served.push((await post(`${url}/v1/embeddings`, question, key)).status);
      };
      void ask().finally(() => child.kill("SIGINT"));
    },
  });
  assert.deepEqual(served, [401, 200]);
  assert.equal(run.exitCode, 0, run.stderr);
  const ledger = run.last["ledger"] as Record<string, unknown>;
  assert.deepEqual(
    [run.last["type"], ledger["items"], ledger["refused"]],
    ["result", 2, { unauthorized: 1 }],
  );
  assert.ok(!JSON.stringify(run.lines).includes(keyed.MOCK_PROVIDER_API_KEY));
});

test("a port that is taken, and a model that is not there, end it at once", async (t) => {
  const cwd = await temporaryFolder(t);
  const { createServer } = await import("node:http");
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const taken = await runCli(["mock-provider", "--port", String(port)], { cwd });
  assert.equal(taken.exitCode, 2);
  assert.match(
    String(taken.last["message"]),
    new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port} .*choose another --port`),
  );
  const missing = await runCli(
    ["mock-provider", "--model", "y=bundled:potion-base-4m-int8", "--model", "x=bundled:none-1"],
    { cwd },
  );
  assert.equal(missing.exitCode, 4);
});
