import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { textBatch } from "../../core/text-batch.ts";
import type { Stages } from "../../core/stages.ts";
import type { BackfillResult } from "../../core/verbs.ts";
import type { Engine } from "../../core/engine.ts";
import { openEngine } from "../../engine.ts";
import { sampleTexts, writeTexts } from "../bench-corpus.ts";
import { type BenchModel, laneRate, openBenchModel } from "../bench-model.ts";
import type { FactReport, SeriesReport } from "../bench-report.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import { joinFindings, type RatioPlan, type Suite, type SuiteFindings, type SuiteScene } from "../suite.ts";
import { bareOnnxArguments } from "./lane-suite.ts";

/** Of bare ONNX Runtime, from rows of a table to its column. */
const leastOfCeiling = 0.97;

/** Texts that a first rate is taken from, and the fewest that a round has. */
const probeTexts = 256;

/** A pipeline is measured on more than a lane is: its windows and commits must count as in a long run. */
const longerThanLane = 3;

/** Parts in which one run is watched for the plot of stages. */
const watchedParts = 5;

/** End to end: rows of a table to vectors in its column, by the same verbs as the commands. */
export const pipelineSuite: Suite = async (scene) => {
  const parts: SuiteFindings[] = [];
  for (const reference of scene.models) {
    const model = await openBenchModel(reference, join(scene.folder, "reembed.lock.json"));
    parts.push(await measureModel(scene, model));
  }
  return joinFindings(parts);
};

async function measureModel(scene: SuiteScene, model: BenchModel): Promise<SuiteFindings> {
  const { corpus, workers, effort, natives } = scene;
  const lane = await model.openLane(workers);
  const probe = textBatch(sampleTexts(corpus.texts, probeTexts));
  await laneRate(lane, probe);
  const rate = await laneRate(lane, probe);
  const texts = sampleTexts(
    corpus.texts,
    Math.max(probeTexts, Math.round(rate * effort.laneSeconds * longerThanLane)),
  );
  const batch = textBatch(texts);
  const folder = join(scene.folder, model.label.replaceAll(/\W+/g, "-"));
  await mkdir(folder);
  const file = join(folder, "texts.jsonl");
  await writeTexts(file, texts);
  const roads = openRoads(model, { folder, file, texts: texts.length, workers });
  const name = `${model.label}, table in, column out, ${workers} workers`;
  const laneName = `${model.label}, the lane alone, ${workers} workers`;
  const road: BenchCase = {
    name,
    unit: "texts/s",
    better: "higher",
    measure: async () => (await roads.run()).rate,
  };
  const alone: BenchCase = {
    name: laneName,
    unit: "texts/s",
    better: "higher",
    measure: () => laneRate(lane, batch),
  };
  const toLane: RatioPlan = {
    name: `${model.label}: table in, column out, by the lane alone`,
    of: name,
    to: laneName,
    against: "self",
    better: "higher",
    limit: null,
  };
  const onnx = model.space.description.kind === "onnx" && natives.missing === null;
  const bare = onnx ? await natives.start("bare-onnx.ts", bareOnnxArguments(model, file, workers)) : null;
  const bareName = `bare ONNX Runtime, ${model.label}`;
  try {
    const measured = await scene.turns(
      [road, alone, ...(bare === null ? [] : [{ ...alone, name: bareName, measure: bare.run }])],
      [
        toLane,
        ...(bare === null
          ? []
          : [
              {
                name: `${model.label}: table in, column out, share of bare ONNX Runtime with the same sums`,
                of: name,
                to: bareName,
                against: "ceiling",
                better: "higher",
                limit: leastOfCeiling,
              } as const,
            ]),
      ],
    );
    return {
      ...measured,
      facts: factsOf(model.label, roads.last()),
      series: await watchStages(model, roads),
      notes: [
        `${model.label}: ${texts.length} texts a round; workers are started before the clock`,
        ...(natives.missing === null ? [] : [natives.missing]),
      ],
    };
  } finally {
    await bare?.close();
    await lane.close();
  }
}

interface Road {
  readonly rate: number;
  readonly result: BackfillResult;
}

interface Roads {
  /** Imports into a new table and fills its column; only the filling is on the clock. */
  run(): Promise<Road>;
  last(): Road | null;
  /** The same in so many parts one after the other. */
  runInParts(parts: number): Promise<BackfillResult[]>;
}

interface RoadOptions {
  readonly folder: string;
  readonly file: string;
  readonly texts: number;
  readonly workers: number;
}

function openRoads(model: BenchModel, { folder, file, texts, workers }: RoadOptions): Roads {
  let tables = 0;
  let last: Road | null = null;
  const request = { to: model.reference, name: "v1", index: "none" } as const;

  const onTable = async <T>(work: (engine: Engine, begun: number) => Promise<T>): Promise<T> => {
    const flags = { db: join(folder, "db"), table: `t${(tables += 1)}`, workers };
    const config = await loadConfig({ cwd: folder, env: {}, flags });
    const engine = await openEngine(config, { pin: true });
    try {
      const corpus = { key: "id", text: ["text"] } as const;
      await engine.import({ sources: [file], corpus, format: "jsonl", mode: "create" });
      // A few rows first: workers and the key's index are there before the clock starts.
      const { handled } = await engine.backfill({ ...request, limitRows: workers });
      return await work(engine, handled);
    } finally {
      await engine.close();
    }
  };

  return {
    run: () =>
      onTable(async (engine, begun) => {
        const started = performance.now();
        const result = await engine.backfill(request);
        const seconds = (performance.now() - started) / 1000;
        last = { rate: (texts - begun) / seconds, result };
        return last;
      }),
    last: () => last,
    runInParts: (parts) =>
      onTable(async (engine, begun) => {
        const results: BackfillResult[] = [];
        const limitRows = Math.ceil((texts - begun) / parts);
        for (let part = 0; part < parts; part += 1) {
          const result = await engine.backfill({ ...request, limitRows });
          if (result.handled > 0) results.push(result);
        }
        return results;
      }),
  };
}

function factsOf(label: string, road: Road | null): FactReport[] {
  if (road === null) return [];
  const { result } = road;
  return [
    {
      name: `${label}: padding, end to end`,
      value: result.paddingShare,
      unit: "",
      better: "lower",
      limit: 0,
    },
  ];
}

/** Stages of a worker's time, as the plot names them. */
const stageNames: readonly (readonly [name: string, of: (stages: Stages) => number])[] = [
  ["tokenising", (stages) => stages.tokenizeSeconds],
  ["inference", (stages) => stages.inferSeconds],
  ["pooling", (stages) => stages.poolSeconds],
  ["waiting", (stages) => stages.waitSeconds],
];

async function watchStages(model: BenchModel, roads: Roads): Promise<SeriesReport[]> {
  const results = await roads.runInParts(watchedParts);
  let seconds = 0;
  const watched = results.flatMap(({ stages, seconds: taken }) => {
    seconds += taken;
    return stages === null ? [] : [{ seconds, stages }];
  });
  return stageNames.map(([name, of]) => ({
    plot: `shares of the workers' time, ${model.label}`,
    name,
    x: { label: "seconds", scale: "linear" },
    y: { label: "share" },
    points: watched.map((each) => {
      const all = stageNames.reduce((sum, [, stage]) => sum + stage(each.stages), 0);
      return [each.seconds, all === 0 ? 0 : of(each.stages) / all] as const;
    }),
  }));
}
