import { join } from "node:path";
import { sourceHash } from "../../core/source-hash.ts";
import { textBatch } from "../../core/text-batch.ts";
import { createPacker } from "../../lanes/api/pack-requests.ts";
import { planCalls } from "../../lanes/call-plan.ts";
import { uniqueTexts } from "../../lanes/unique-texts.ts";
import { patchBatch } from "../../store/patch-batch.ts";
import { arrow } from "../../arrow.ts";
import { sampleTexts, writeTexts } from "../bench-corpus.ts";
import { type BenchModel, openBenchModel } from "../bench-model.ts";
import { madeUpPatch, nullVersion } from "../made-up-rows.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import { type PartsThread, startPartsThread } from "../parts-thread.ts";
import type { RatioPlan, Suite, SuiteScene } from "../suite.ts";

/** A window of the lane. */
const windowTexts = 8192;

/** One measurement takes about so long: far above the clock's grain, and short beside a garbage collection. */
const targetSeconds = 0.2;

/** The parts of the data's way, one by one, in time per text, row or vector. */
export const microSuite: Suite = async (scene) => {
  const texts = sampleTexts(scene.corpus.texts, windowTexts);
  const model = await openBenchModel(scene.models[0]!, join(scene.folder, "reembed.lock.json"));
  const { maxTokens } = model.space.description;
  const thread = startPartsThread({ folder: model.folder, texts, maxTokens });
  try {
    const batch = textBatch(texts);
    const lengths = await thread.countTokens();
    const rows = madeUpPatch(0, texts.length, model.space.description.dimensions);
    const version = nullVersion(model.space.description.dimensions);
    const key = { column: "id", type: new arrow.Int64() };
    const inputs = texts.map((text, index) => ({ tokens: lengths[index]!, bytes: text.length }));
    const parts: readonly (readonly [name: string, things: number, turn: () => unknown])[] = [
      [names.hash, texts.length, () => texts.map(sourceHash)],
      ["finding a text's twins", texts.length, () => uniqueTexts(batch)],
      ["planning a text's call", texts.length, () => planCalls(lengths, { slots: 256, paddingShare: 0 })],
      ["packing a text into a request", texts.length, () => packAll(inputs)],
      ["Arrow assembly of a row", texts.length, () => patchBatch(version, key, rows)],
    ];
    const cases: BenchCase[] = [
      ...parts.map(([name, things, turn]) => mainCase(name, things, turn)),
      await threadCase(thread, names.tokenizer, texts.length, "tokenizer"),
      await threadCase(thread, "pooling and scaling a vector", 1, "pooling"),
    ];
    const ceilings = await openCeilings(scene, model, texts);
    const measured = await scene.turns([...cases, ...ceilings.cases], ceilings.ratios);
    await ceilings.close();
    return {
      ...measured,
      facts: [],
      series: [],
      notes: [
        `windows of ${texts.length} texts; tokenising and pooling in a thread, as in the lane`,
        ...(scene.natives.missing === null ? [] : [scene.natives.missing]),
      ],
    };
  } finally {
    await thread.close();
  }
};

const names = { hash: "hash of a text", tokenizer: "tokenising a text" } as const;

/** The libraries that do the work, alone. */
async function openCeilings({ natives, folder }: SuiteScene, model: BenchModel, texts: readonly string[]) {
  if (natives.missing !== null) return { cases: [], ratios: [], close: () => Promise.resolve() };
  const file = join(folder, "texts.jsonl");
  await writeTexts(file, texts);
  const parts = [
    {
      of: names.hash,
      bare: "bare hash function, on bytes",
      start: () => natives.start("bare-hash.ts", [file]),
    },
    {
      of: names.tokenizer,
      bare: "bare tokenizer library",
      start: () => natives.start("bare-tokenizer.ts", [model.folder, file]),
    },
  ];
  const programs = await Promise.all(parts.map(({ start }) => start()));
  return {
    cases: parts.map(({ bare }, index) => microCase(bare, async () => 1e9 / (await programs[index]!.run()))),
    ratios: parts.map(({ of, bare }): RatioPlan => ({
      name: `${of}: times the speed of the ${bare}`,
      of: bare,
      to: of,
      against: "ceiling",
      better: "higher",
      limit: null,
    })),
    async close() {
      await Promise.all(programs.map((program) => program.close()));
    },
  };
}

/** What OpenAI takes in one request. Source: platform.openai.com/docs/api-reference/embeddings */
const requestLimits = { items: 2048, tokens: 300_000, bytes: 1 << 24 } as const;

function packAll(inputs: readonly { readonly tokens: number; readonly bytes: number }[]): number {
  const packer = createPacker(requestLimits);
  let requests = 0;
  for (const input of inputs) if (packer.add(input) !== null) requests += 1;
  return requests + (packer.rest() === null ? 0 : 1);
}

function mainCase(name: string, things: number, turn: () => unknown): BenchCase {
  const time = (turns: number): number => {
    const started = performance.now();
    for (let count = 0; count < turns; count += 1) turn();
    return (performance.now() - started) / 1000;
  };
  time(1);
  const turns = Math.max(1, Math.round(targetSeconds / Math.max(1e-6, time(1))));
  return microCase(name, () => Promise.resolve((time(turns) / turns / things) * 1e9));
}

async function threadCase(
  thread: PartsThread,
  name: string,
  things: number,
  part: Parameters<PartsThread["time"]>[0],
): Promise<BenchCase> {
  // Small parts are timed over many turns from the start: one turn is below the clock's grain.
  const first = Math.ceil(1000 / things);
  await thread.time(part, first);
  const each = (await thread.time(part, first)) / first;
  const turns = Math.max(1, Math.round(targetSeconds / Math.max(1e-9, each)));
  return microCase(name, async () => ((await thread.time(part, turns)) / turns / things) * 1e9);
}

function microCase(name: string, measure: () => Promise<number>): BenchCase {
  return { name, unit: "ns", better: "lower", measure };
}
