import assert from "node:assert/strict";
import { test } from "node:test";
import { type CanaryCheck, canaryVectors, makeCanaryRecord } from "../../src/core/canary.ts";
import { exitCodes, ReembedError } from "../../src/core/errors.ts";
import type { EmbedderPlan } from "../../src/core/messages.ts";
import { openEmbedder } from "../../src/embed/open-embedder.ts";
import { bundled, openPinned } from "../space/model-package.ts";

type Plan = EmbedderPlan & { readonly canary: CanaryCheck };

async function planOf(t: Parameters<typeof openPinned>[0], name: string): Promise<Plan> {
  const { plan } = await openPinned(t, bundled(name));
  assert.ok(plan.canary !== null, `${name} ships without a canary`);
  return { ...plan, canary: plan.canary, threads: 1, device: "cpu" };
}

/** The error that a plan is refused with. */
async function refusal(plan: EmbedderPlan): Promise<ReembedError> {
  const opened = await openEmbedder(plan).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(opened instanceof ReembedError, "it was not refused");
  assert.equal(opened.code, "REEMBED_MODEL_CANARY");
  assert.equal(opened.exitCode, exitCodes.model);
  return opened;
}

for (const name of ["all-MiniLM-L6-v2", "potion-base-4m-int8"]) {
  test(`${name} gives the vectors that it ships with`, async (t) => {
    const embedder = await openEmbedder(await planOf(t, name));
    await embedder.close();
  });
}

test("weights that are not the pinned ones are refused, with the text, the figures and the file", async (t) => {
  const plan = await planOf(t, "potion-base-4m-int8");
  const { record } = plan.canary;
  const space = { id: record.spaceId, description: plan.space };
  const vectors = canaryVectors(record).toReversed();
  const other = makeCanaryRecord(space, vectors, {
    instructionClass: "any",
    noiseFloor: 0,
    pinnedAtMs: Date.UTC(2026, 0, 2),
  });
  const error = await refusal({ ...plan, canary: { ...plan.canary, record: other, pinnedIn: "some.lock" } });
  assert.match(error.message, /gives other vectors for every text.*text ".+" has cosine/);
  assert.match(error.message, /some\.lock has the vectors since 2026-01-02T00:00:00\.000Z/);
  assert.deepEqual(error.details["verdict"], { kind: "weights" });
});

test("what is changed in the space is named: prompt, normalisation, dimensions", async (t) => {
  const plan = await planOf(t, "potion-base-4m-int8");
  const changes = [
    [{ documentPrompt: "query: " }, { kind: "prompt", change: "added", prompt: "query: " }],
    [{ normalize: false }, { kind: "normalisation" }],
    [{ dimensions: 64 }, { kind: "dimensions", pinned: 128, found: 64, prefix: true }],
  ] as const;
  for (const [change, expected] of changes) {
    const error = await refusal({ ...plan, space: { ...plan.space, ...change } });
    assert.partialDeepStrictEqual(error.details["verdict"], expected);
  }
});

test("another class of CPU is told apart, and named where its vectors are refused", async (t) => {
  const plan = await planOf(t, "all-MiniLM-L6-v2");
  const space = { ...plan.space, instructionClass: "arm64-dotprod", documentPrompt: "passage: " };
  const error = await refusal({ ...plan, space });
  const pinnedOn = plan.canary.record.instructionClass;
  assert.ok(error.message.includes(`(pinned on ${pinnedOn}, here it is arm64-dotprod)`), error.message);
});
