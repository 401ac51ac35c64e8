import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { textBatch } from "../../core/text-batch.ts";
import type { Stages } from "../../core/stages.ts";
import { writeTexts } from "../bench-corpus.ts";
import { type BenchModel, laneRate } from "../bench-model.ts";
import type { FactReport, SeriesReport } from "../bench-report.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import { perModel, textsForSeconds } from "../per-model.ts";
import { openRoads, type Road, type Roads } from "../road.ts";
import type { RatioPlan, SuiteFindings, SuiteScene } from "../suite.ts";
import { bareOnnxArguments } from "./lane-suite.ts";

/** Of bare ONNX Runtime, from rows of a table to its column. */
const leastOfCeiling = 0.97;

/** Parts in which one run is watched for the plot of stages. */
const watchedParts = 5;

/** End to end: rows of a table to vectors in its column, by the same verbs as the commands. */
export const pipelineSuite = perModel(measureModel);

async function measureModel(scene: SuiteScene, model: BenchModel): Promise<SuiteFindings> {
  const { corpus, workers, effort, natives } = scene;
  const lane = await model.openLane(workers);
  const texts = await textsForSeconds(lane, corpus, effort.pipelineSeconds);
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
