/** The example that every plan is held to: 100,000 documents of 2,000 tokens at $0.0001 per 1,000. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findFacts, readModelCatalog } from "../../src/config/model-catalog.ts";
import { parseReference } from "../../src/config/parse-reference.ts";
import type { FragmentRows, StoredTable } from "../../src/core/ports.ts";
import { openApiModel } from "../../src/lanes/api/api-model.ts";
import { describeHosted } from "../../src/space/describe-hosted.ts";
import { planTargets } from "../../src/verbs/plan-targets.ts";
import type { VerbContext } from "../../src/verbs/verb-context.ts";

const rows = 100_000;
const tokensPerDocument = 2000;
const catalogFile = fileURLToPath(new URL("../../datasets/providers/models.jsonl", import.meta.url));

/** A table of so many documents, each " a" as often as it has tokens. */
const table = {
  name: "docs",
  snapshot: async () => ({ rows, versions: [], corpus: { key: "id", text: ["text"] } }),
  setCorpus: async () => {},
  fragments: async (): Promise<FragmentRows[]> =>
    Array.from({ length: 4 }, (_, id) => ({ id, rows: rows / 4, pending: rows / 4 })),
  sampleTexts: async (count: number) => Array<string>(count).fill(" a".repeat(tokensPerDocument)),
} as unknown as StoredTable;

test("100,000 documents of 2,000 tokens at $0.0001 per 1,000 tokens cost $20", async () => {
  const reference = parseReference("openai:text-embedding-ada-002");
  assert.ok(reference.kind === "hosted");
  const facts = findFacts(await readModelCatalog([catalogFile]), reference.provider, reference.model);
  const price = { usdPerMTokens: 0.0001 * 1000, batchUsdPerMTokens: null, asOf: null, source: "the example" };
  assert.equal(facts.usdPerMTokens, price.usdPerMTokens, "the shipped table has that price for this model");
  const model = openApiModel(reference, describeHosted(reference, facts), facts, {
    settings: {
      share: 1,
      requestsPerMinute: 3000,
      tokensPerMinute: 1_000_000,
      requestsPerDay: null,
      tokensPerDay: null,
      concurrency: 64,
      maxCost: null,
      maxTokens: null,
      patienceSeconds: 300,
    },
    price,
    openProvider: async () => assert.fail("a plan asks nobody"),
    batchTerms: { offered: false, why: "a plan asks nobody" },
    openBatches: async () => assert.fail("a plan asks nobody"),
    limitsFolder: "/nowhere",
  });
  const context = {
    settings: { table: "docs", model: null, vectorType: null, corpus: null, workers: 1 },
    store: { openTable: async () => table },
    openModel: async () => model,
    emit: () => {},
    signal: undefined,
  } as unknown as VerbContext;

  const { targets } = await planTargets(
    context,
    { readCalendar: async () => ({ entries: [], notes: [] }) },
    { to: [reference.written] },
  );
  const [target] = targets;
  assert.equal(target?.tokens, 200_000_000);
  assert.equal(target.tokensError, 0);
  assert.equal(target.cost, 20);
  assert.equal(target.seconds, 200 * 60, "a million tokens a minute");
  assert.equal(target.bytesDuring, rows * (1536 * 4 + 16));
});
