/**
 * The thread lane beside its ceiling, on the same texts, interleaved in one run.
 *
 *     node scripts/measure-lane.ts [--model bundled:all-MiniLM-L6-v2] [--corpus glosses|FILE.jsonl|FILE.parquet]
 *                                  [--texts 1000] [--rounds 3] [--workers 2] [--plain]
 *
 * Prints one JSON object: rates of each round, and the ratio of the best ones. `--plain` gives the
 * bare runtime its default session, also where the lane keeps int8 products from saturating. A static
 * model has no bare runtime: its rate stands alone.
 */
import { mkdtemp, readFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBareBench } from "../native-bench/bare-onnx.ts";
import { parseReference } from "../src/config/parse-reference.ts";
import { requireWordnet, wordnetGlosses } from "../src/datasets/wordnet.ts";
import { tokensPerCall } from "../src/embed/call-plan.ts";
import { saturatingClasses } from "../src/embed/onnx-embedder.ts";
import { readTokenizer } from "../src/embed/read-tokenizer.ts";
import { tokenizeTexts } from "../src/embed/tokenize-texts.ts";
import { openThreadLane } from "../src/lanes/thread-lane.ts";
import { openModel } from "../src/space/open-model.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "bundled:all-MiniLM-L6-v2" },
    corpus: { type: "string", default: "glosses" },
    texts: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "2" },
    plain: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const workers = Number(values.workers);

const texts = sample([...new Set(await readTexts(values.corpus))], Number(values.texts));
const model = await openModel(parseReference(values.model), {
  bundledFolder: join(root, "datasets", "models"),
  // A lock of its own: what is measured is pinned by this run alone.
  lockFile: join(await mkdtemp(join(tmpdir(), "measure-lane-")), "reembed.lock.json"),
  pin: true,
});
const { description } = model.space;
const lane = await openThreadLane({
  space: model.space,
  plan: { ...model.plan, threads: 1, device: "cpu" },
  workers,
});
const bare = description.kind === "onnx" ? await openBare() : null;

const rounds: { readonly bare: number | null; readonly lane: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const ceiling = bare === null ? null : (await bare.run()).docsPerSecond;
  const started = performance.now();
  // Two calls in flight, as a backfill has: the end of one overlaps with the start of the next.
  const half = Math.ceil(texts.length / 2);
  await Promise.all([
    lane.embed(texts.slice(0, half), { purpose: "document" }),
    lane.embed(texts.slice(half), { purpose: "document" }),
  ]);
  rounds.push({ bare: ceiling, lane: texts.length / ((performance.now() - started) / 1000) });
}
const best = (rates: readonly (number | null)[]): number => Math.max(...rates.map((rate) => rate ?? 0));
const bestLane = best(rounds.map((round) => round.lane));
const bestBare = bare === null ? null : best(rounds.map((round) => round.bare));
process.stdout.write(
  `${JSON.stringify({
    cpu: cpus()[0]?.model,
    load: loadavg()[0],
    instructionClass: description.instructionClass,
    model: values.model,
    texts: texts.length,
    workers,
    rounds,
    docsPerSecond: { lane: bestLane, bare: bestBare },
    ratio: bestBare === null ? null : bestLane / bestBare,
    stats: lane.stats,
  })}\n`,
);
await bare?.close();
await lane.close();

async function openBare(): ReturnType<typeof openBareBench> {
  const tokenizer = await readTokenizer(model.folder);
  const { buffer, starts, lengths } = tokenizeTexts(
    texts,
    description.documentPrompt,
    tokenizer,
    description,
  );
  const widened = saturatingClasses.has(description.instructionClass) && !values.plain;
  return openBareBench({
    weights: join(model.folder, model.plan.weightsFile),
    texts: texts.map((_, i) => buffer.ids.subarray(starts[i], starts[i]! + lengths[i]!)),
    workers,
    tokensPerCall: description.grouping === "alone" ? 1 : tokensPerCall,
    sessionEntries: widened ? { x64quantprecision: "1" } : {},
  });
}

/** Texts from all over the corpus, so that lengths are those of the whole. */
function sample(all: readonly string[], count: number): string[] {
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, index) => index % step === 0).slice(0, count);
}

async function readTexts(corpus: string): Promise<string[]> {
  if (corpus === "glosses") {
    return Array.fromAsync(wordnetGlosses(await requireWordnet()), ({ gloss }) => gloss);
  }
  if (corpus.endsWith(".parquet")) {
    const { asyncBufferFromFile, parquetReadObjects } = await import("hyparquet");
    const { compressors } = await import("hyparquet-compressors");
    const file = await asyncBufferFromFile(corpus);
    const rows = await parquetReadObjects({ file, columns: ["text"], compressors });
    return rows.map((row) => String(row["text"] ?? ""));
  }
  const lines = (await readFile(corpus, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { readonly text: string }).text);
}
