/** Three ways to embed the same texts, to be run in turn: bare ONNX Runtime, the lane alone, the whole road. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BareBench, openBareBench } from "../native-bench/bare-onnx.ts";
import { parsePackageReference } from "../src/config/parse-reference.ts";
import type { LaneStats } from "../src/core/ports.ts";
import { saturatingClasses } from "../src/embed/onnx-embedder.ts";
import { readTokenizer } from "../src/embed/read-tokenizer.ts";
import { tokenizeTexts } from "../src/embed/tokenize-texts.ts";
import { callShape } from "../src/lanes/call-plan.ts";
import { openThreadLane } from "../src/lanes/thread-lane.ts";
import { openReembed } from "../src/open-reembed.ts";
import { type OpenedModel, openModel } from "../src/space/open-model.ts";

export interface LaneBenchOptions {
  /** A model reference. */
  readonly model: string;
  readonly texts: readonly string[];
  readonly workers: number;
  /** Gives the bare runtime its default session, also where the lane keeps int8 products from saturating. */
  readonly plain: boolean;
}

/** Each rate is of texts per second, with everything opened before the clock starts. */
export interface LaneBench {
  /** Tokens of the texts after truncation; null for a static model, which is not tokenised here. */
  readonly tokens: number | null;
  /** Null for a static model: it has no runtime to be bare. */
  readonly bare: (() => Promise<number>) | null;
  lane(): Promise<number>;
  /** Rows of a Lance table to vectors in its column, by the library's own verbs. */
  road(): Promise<number>;
  stats(): LaneStats;
  close(): Promise<void>;
}

export async function openLaneBench(options: LaneBenchOptions): Promise<LaneBench> {
  const { model: reference, texts, workers, plain } = options;
  const folder = await mkdtemp(join(tmpdir(), "reembed-lane-"));
  const model = await openModel(parsePackageReference(reference), {
    bundledFolder: fileURLToPath(new URL("../datasets/models", import.meta.url)),
    // A lock of its own: what is measured is pinned by this run alone.
    lockFile: join(folder, "reembed.lock.json"),
    pin: true,
  });
  const bare = await openBare(model, texts, workers, plain);
  const lane = await openThreadLane({
    space: model.space,
    plan: { ...model.plan, threads: 1, device: "cpu" },
    workers,
  });
  const source = join(folder, "texts.jsonl");
  await writeFile(source, texts.map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));
  let roads = 0;

  return {
    tokens: bare === null ? null : bare.tokens,
    bare: bare === null ? null : async () => (await bare.bench.run()).docsPerSecond,
    async lane() {
      const started = performance.now();
      await lane.embed(texts, { purpose: "document" });
      return texts.length / ((performance.now() - started) / 1000);
    },
    async road() {
      const table = `t${roads++}`;
      const reembed = await openReembed({ db: join(folder, "db"), table, workers, cwd: folder, pin: true });
      await reembed.import({ sources: [source], corpus: { key: "id", text: ["text"] } });
      // A few rows first: workers and indexes are there before the clock starts, as in a long run.
      const request = { to: reference, name: "v1", index: "none" } as const;
      const { handled } = await reembed.backfill({ ...request, limitRows: workers });
      const started = performance.now();
      await reembed.backfill(request);
      const seconds = (performance.now() - started) / 1000;
      await reembed.close();
      return (texts.length - handled) / seconds;
    },
    stats: () => lane.stats,
    async close() {
      await Promise.all([bare?.bench.close(), lane.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

async function openBare(
  { space, folder, plan }: OpenedModel,
  texts: readonly string[],
  workers: number,
  plain: boolean,
): Promise<{ readonly bench: BareBench; readonly tokens: number } | null> {
  const { description } = space;
  if (description.kind !== "onnx") return null;
  const tokenizer = await readTokenizer(folder);
  const { ids, lengths } = tokenizeTexts(texts, description.documentPrompt, tokenizer, description);
  let end = 0;
  const widened = saturatingClasses.has(description.instructionClass) && !plain;
  const bench = await openBareBench({
    weights: join(folder, plan.weightsFile),
    texts: [...lengths].map((length) => ids.subarray(end, (end += length))),
    workers,
    tokensPerCall: Math.max(1, callShape(description.grouping, "cpu").slots),
    sessionEntries: widened ? { x64quantprecision: "1" } : {},
  });
  return { bench, tokens: ids.length };
}
