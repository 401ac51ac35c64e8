import { join } from "node:path";
import { textBatch } from "../core/text-batch.ts";
import type { Lane } from "../core/ports.ts";
import { type BenchCorpus, sampleTexts } from "./bench-corpus.ts";
import { type BenchModel, laneRate, openBenchModel } from "./bench-model.ts";
import { joinFindings, type Suite, type SuiteFindings, type SuiteScene } from "./suite.ts";

/** A suite that does the same with every model of the run, one after the other. */
export function perModel(measure: (scene: SuiteScene, model: BenchModel) => Promise<SuiteFindings>): Suite {
  return async (scene) => {
    const parts: SuiteFindings[] = [];
    for (const reference of scene.models) {
      const model = await openBenchModel(reference, join(scene.folder, "reembed.lock.json"));
      parts.push(await measure(scene, model));
    }
    return joinFindings(parts);
  };
}

/** Texts that a first rate is taken from, and the fewest that are measured. */
const probeTexts = 256;

/** So many texts from all over a corpus as a lane embeds in about so many seconds. */
export async function textsForSeconds(lane: Lane, corpus: BenchCorpus, seconds: number): Promise<string[]> {
  const probe = textBatch(sampleTexts(corpus.texts, probeTexts));
  // The first time includes what starts late.
  await laneRate(lane, probe);
  const rate = await laneRate(lane, probe);
  return sampleTexts(corpus.texts, Math.max(probeTexts, Math.round(rate * seconds)));
}
