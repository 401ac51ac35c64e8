import assert from "node:assert/strict";
import { test } from "node:test";
import { listSettings } from "../../src/config/list-settings.ts";

test("every setting is listed with what docs need, a group before its members", () => {
  const settings = listSettings();
  assert.deepEqual(
    settings.map(({ path }) => path.join(".")),
    [
      "db",
      "table",
      "corpus",
      "corpus.key",
      "corpus.text",
      "model",
      "workers",
      "threadsPerWorker",
      "device",
      "memory",
      "lockFile",
      "hubCacheFolder",
      "hubEndpoint",
      "onEmpty",
      "index",
      "vectorType",
      "modelTags",
      "actor",
      "leaseSeconds",
      "stateFolder",
      "storageOptions",
      "retirementGraceDays",
      "gate",
      "gate.queries",
      "gate.qrels",
      "gate.ndcg10MaxDrop",
      "gate.confidence",
      "gate.overlap10Min",
      "gate.sliceBy",
      "gate.sliceNdcg10MaxDrop",
      "search",
      "search.missing",
      "search.queryCache",
      "search.queryCacheSize",
      "search.patienceSeconds",
      "search.hits",
      "jobs",
      "jobs.follow",
      "deprecations",
      "deprecations.files",
      "deprecations.url",
      "alerts",
      "alerts.webhook",
      "provider",
      "provider.share",
      "provider.requestsPerMinute",
      "provider.tokensPerMinute",
      "provider.requestsPerDay",
      "provider.tokensPerDay",
      "provider.concurrency",
      "provider.maxCost",
      "provider.maxTokens",
      "provider.usdPerMTokens",
      "provider.batch",
      "provider.batchWait",
      "provider.deadline",
      "provider.batchPollSeconds",
      "provider.batchQueueTokens",
      "provider.patienceSeconds",
      "provider.acceptMutable",
      "provider.modelsFile",
      "provider.limitsFolder",
      "prices",
    ],
  );
  for (const { description, expected, kind, variable, path } of settings) {
    assert.match(description, /^[A-Z].*\.$/, path.join("."));
    assert.ok(expected.length > 0);
    assert.equal(
      variable === null,
      kind === "group" || ["modelTags", "prices"].includes(path.join(".")),
      `${path.join(".")} has a variable exactly if one text can hold its value`,
    );
  }
  const variables = settings.map(({ variable }) => variable).filter((variable) => variable !== null);
  assert.equal(new Set(variables).size, variables.length);
  assert.deepEqual(settings.find(({ path }) => path.join(".") === "retirementGraceDays")?.fallback, 14);
});
