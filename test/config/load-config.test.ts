import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type ConfigRequest, loadConfig } from "../../src/config/load-config.ts";
import { type ErrorCode, ReembedError } from "../../src/core/errors.ts";
import { defaultConfig } from "../support/default-config.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Parts = Partial<ConfigRequest> & { readonly cwd: string };

function load(parts: Parts): ReturnType<typeof loadConfig> {
  return loadConfig({ env: {}, flags: {}, ...parts });
}

/** Loads the text as `reembed.config.json` (or the named file) of a new folder. */
async function loadText(
  cwd: string,
  text: string,
  parts: Partial<ConfigRequest> = {},
  name = "reembed.config.json",
) {
  await writeFile(join(cwd, name), text);
  return load({ cwd, ...parts });
}

async function assertRefused(
  loading: Promise<unknown>,
  code: ErrorCode,
  message: string | RegExp,
): Promise<void> {
  await assert.rejects(loading, (error: unknown) => {
    assert.ok(error instanceof ReembedError, String(error));
    assert.equal(error.exitCode, 2);
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}

describe("layers", () => {
  test("with nothing said, defaults, with absolute paths", async (context) => {
    const cwd = await temporaryFolder(context);
    assert.deepEqual(await load({ cwd }), defaultConfig(cwd));
  });

  test("a file: that is no URI is a folder, relative as any other", async (context) => {
    const cwd = await temporaryFolder(context);
    assert.equal((await load({ cwd, flags: { db: "file:./x" } })).db, join(cwd, "x"));
    assert.equal((await load({ cwd, flags: { db: "file:///x" } })).db, "file:///x");
  });

  test("flags win over the environment, that over the file, member by member", async (context) => {
    const cwd = await temporaryFolder(context);
    const text = JSON.stringify({
      table: "file",
      workers: 1,
      onEmpty: "fail",
      corpus: { key: "id", text: ["title", "text"] },
      gate: { confidence: 0.9, overlap10Min: 0.2 },
    });
    const config = await loadText(cwd, text, {
      env: {
        REEMBED_TABLE: "environment",
        REEMBED_WORKERS: "2",
        REEMBED_GATE_OVERLAP10_MIN: "0.3",
        REEMBED_DB: "",
      },
      flags: { table: "flag", workers: undefined },
    });
    assert.equal(config.table, "flag");
    assert.equal(config.workers, 2);
    assert.equal(config.onEmpty, "fail");
    assert.equal(config.db, join(cwd, "reembed-data"));
    assert.deepEqual(config.corpus, { key: "id", text: ["title", "text"] });
    assert.equal(config.gate.confidence, 0.9);
    assert.equal(config.gate.overlap10Min, 0.3);
  });

  test("a list in the environment is separated by commas", async (context) => {
    const cwd = await temporaryFolder(context);
    const { corpus } = await load({ cwd, env: { REEMBED_KEY: "id", REEMBED_TEXT: "title, text" } });
    assert.deepEqual(corpus, { key: "id", text: ["title", "text"] });
  });

  test("the hub's cache is where the hub's own variables say", async (context) => {
    const cwd = await temporaryFolder(context);
    const byHome = await load({ cwd, env: { HF_HOME: "/hf" } });
    const byCache = await load({ cwd, env: { HF_HOME: "/hf", HF_HUB_CACHE: "/cache" } });
    assert.equal(byHome.hubCacheFolder, join("/hf", "hub"));
    assert.equal(byCache.hubCacheFolder, "/cache");
  });

  test("the result is frozen, through and through", async (context) => {
    const config = await load({
      cwd: await temporaryFolder(context),
      flags: { corpus: { key: "id", text: ["text"] } },
    });
    for (const part of [config, config.gate, config.corpus, config.corpus?.text])
      assert.ok(Object.isFrozen(part));
  });
});

describe("the file", () => {
  test("named elsewhere: its relative paths are relative to it, and the lock file lies beside it", async (context) => {
    const cwd = await temporaryFolder(context);
    const folder = join(cwd, "conf");
    await mkdir(folder);
    const text = JSON.stringify({
      db: "./data",
      model: "local:models/a?dimensions=8",
      gate: { queries: "q.jsonl" },
    });
    await writeFile(join(folder, "mine.json"), text);
    const config = await load({ cwd, configFile: "conf/mine.json", flags: { gate: { qrels: "qrels.tsv" } } });
    assert.equal(config.db, join(folder, "data"));
    assert.equal(config.lockFile, join(folder, "reembed.lock.json"));
    assert.equal(config.model, `local:${join(folder, "models/a")}?dimensions=8`);
    assert.equal(config.gate.queries, join(folder, "q.jsonl"));
    assert.equal(config.gate.qrels, join(cwd, "qrels.tsv"));
  });

  test("a URI is no path", async (context) => {
    const config = await loadText(await temporaryFolder(context), '{ "db": "s3://bucket/data" }');
    assert.equal(config.db, "s3://bucket/data");
  });

  test("in TypeScript", async (context) => {
    const cwd = await temporaryFolder(context);
    const text = 'const table: string = "typed";\nexport default { table, workers: 3 };\n';
    const config = await loadText(cwd, text, {}, "reembed.config.ts");
    assert.equal(config.table, "typed");
    assert.equal(config.workers, 3);
  });

  test("in TypeScript, a fault is said with its line too", async (context) => {
    const cwd = await temporaryFolder(context);
    const text = 'export default {\n  table: "a",\n  gate: {\n    confidence: 2,\n  },\n};\n';
    await assertRefused(
      loadText(cwd, text, {}, "reembed.config.ts"),
      "REEMBED_CONFIG_INVALID",
      'reembed.config.ts:4: "gate.confidence" is 2; write a number between 0 and 1, such as 0.95',
    );
  });

  test("that does not load, or exports nothing", async (context) => {
    const broken = await temporaryFolder(context);
    await assertRefused(
      loadText(broken, "export default {", {}, "reembed.config.ts"),
      "REEMBED_CONFIG_UNREADABLE",
      /^reembed\.config\.ts cannot be loaded: /,
    );
    const empty = await temporaryFolder(context);
    await assertRefused(
      loadText(empty, "export const table = 1;", {}, "reembed.config.ts"),
      "REEMBED_CONFIG_INVALID",
      "reembed.config.ts has no default export; write export default { … }",
    );
  });

  test("named but absent, of another kind, a folder, or there twice", async (context) => {
    const cwd = await temporaryFolder(context);
    await assertRefused(
      load({ cwd, configFile: "absent.json" }),
      "REEMBED_CONFIG_UNREADABLE",
      "the configuration file absent.json does not exist; check --config",
    );
    await writeFile(join(cwd, "config.yaml"), "");
    await assertRefused(
      load({ cwd, configFile: "config.yaml" }),
      "REEMBED_CONFIG_UNREADABLE",
      /neither a \.json nor a \.ts/,
    );
    await mkdir(join(cwd, "folder.json"));
    await assertRefused(
      load({ cwd, configFile: "folder.json" }),
      "REEMBED_CONFIG_UNREADABLE",
      /cannot be read \(EISDIR\)/,
    );
    await writeFile(join(cwd, "reembed.config.ts"), "export default {};");
    await assertRefused(
      loadText(cwd, "{}"),
      "REEMBED_CONFIG_INVALID",
      /keep one, or name one with --config$/,
    );
  });
});

describe("faults, each with where it stands and what to write", () => {
  /** Text of the file -> the whole message. */
  const faults: readonly [ErrorCode, string, string][] = [
    [
      "REEMBED_CONFIG_INVALID",
      '{\n  "wokers": 2\n}',
      'reembed.config.json:2: unknown setting "wokers"; write "workers"',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{\n  "gate": {\n    "ndcgMaxDrop": 0 } }',
      'reembed.config.json:3: unknown setting "ndcgMaxDrop" in "gate"; write "ndcg10MaxDrop"',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{ "colour": 1 }',
      'reembed.config.json:1: unknown setting "colour"; the settings are db, table, corpus, model, workers, threadsPerWorker, device, memory, lockFile, hubCacheFolder, hubEndpoint, onEmpty, index, vectorType, modelTags, actor, leaseSeconds, stateFolder, storageOptions, retirementGraceDays, gate, search, jobs, deprecations, alerts, provider, prices',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{\n  "workers": "2",\n  "onEmpty": "ignore"\n}',
      'reembed.config.json:2: "workers" is "2"; write a whole number from 1 to 1024\nreembed.config.json:3: "onEmpty" is "ignore"; write "skip", "fail" or "zero"',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{\n\n  "corpus": { "key": "id" } }',
      'reembed.config.json:3: "corpus.text" is missing; write a list of column names, such as ["title", "text"]',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{ "corpus": { "key": "id", "text": [\n"a",\n7 ] } }',
      'reembed.config.json:3: "corpus.text.1" is 7; write a list of column names, such as ["title", "text"]',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{ "corpus": "id" }',
      'reembed.config.json:1: "corpus" is "id"; write { "key": "id", "text": ["text"] }',
    ],
    [
      "REEMBED_CONFIG_INVALID",
      "[]",
      "reembed.config.json:1: the configuration must be an object; write { … }",
    ],
    [
      "REEMBED_CONFIG_INVALID",
      '{\n  "table": "a",\n}',
      'reembed.config.json:2:15: a comma before "}" is not JSON; remove it',
    ],
    [
      "REEMBED_CONFIG_UNPINNED",
      '{\n  "table": "a",\n  "model": "hf:a/b@main"\n}',
      'reembed.config.json:3: model reference "hf:a/b@main" has the branch or tag "main", which can be moved to other weights; write hf:a/b@<40 hex digits>, the full commit hash from the repository\'s list of commits',
    ],
    [
      "REEMBED_CONFIG_REFERENCE",
      '{ "model": "bundle:a" }',
      'reembed.config.json:1: model reference "bundle:a" starts with "bundle:", which is no kind of reference; write bundled:a',
    ],
  ];
  for (const [code, text, message] of faults) {
    test(JSON.stringify(text), async (context) => {
      await assertRefused(loadText(await temporaryFolder(context), text), code, message);
    });
  }

  test("in the environment", async (context) => {
    const cwd = await temporaryFolder(context);
    await assertRefused(
      load({ cwd, env: { REEMBED_WORKERS: "two" } }),
      "REEMBED_CONFIG_INVALID",
      'environment variable REEMBED_WORKERS: "workers" is "two"; write a whole number from 1 to 1024',
    );
    await assertRefused(
      load({ cwd, env: { REEMBED_MODEL: "all-MiniLM-L6-v2" } }),
      "REEMBED_CONFIG_UNPINNED",
      /^environment variable REEMBED_MODEL: .*write bundled:all-MiniLM-L6-v2 /,
    );
  });

  test("in flags", async (context) => {
    const cwd = await temporaryFolder(context);
    await assertRefused(
      load({ cwd, flags: { retirementGraceDays: -1 } }),
      "REEMBED_CONFIG_INVALID",
      'flag --retirement-grace-days: "retirementGraceDays" is -1; write a number of days, 0 or more',
    );
  });
});
