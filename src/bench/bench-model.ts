import { fileURLToPath } from "node:url";
import { parsePackageReference } from "../config/parse-reference.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import type { Lane } from "../core/ports.ts";
import type { TextBatch } from "../core/text-batch.ts";
import { countTexts } from "../core/utf8-texts.ts";
import { openThreadLane } from "../lanes/thread-lane.ts";
import { openModel } from "../space/open-model.ts";
import type { Space } from "../core/space.ts";

/** A model package on disk, opened for measuring. */
export interface BenchModel {
  readonly reference: string;
  /** `all-MiniLM-L6-v2 int8-dynamic`, for names of cases. */
  readonly label: string;
  readonly folder: string;
  readonly weightsFile: string;
  readonly space: Space;
  openLane(workers: number): Promise<Lane>;
}

const bundledFolder = fileURLToPath(new URL("../../datasets/models", import.meta.url));

/**
 * Opens a model package. What is measured is pinned by this run alone, so the lock file is one of the
 * scratch folder.
 * @throws what opening a model throws
 */
export async function openBenchModel(reference: string, lockFile: string): Promise<BenchModel> {
  const { space, folder, plan } = await openModel(parsePackageReference(reference), {
    bundledFolder,
    lockFile,
    pin: true,
  });
  const { model, quantisation } = space.description;
  const full: EmbedderPlan = { ...plan, threads: 1, device: "cpu" };
  return {
    reference,
    label: `${model} ${quantisation}`,
    folder,
    weightsFile: plan.weightsFile,
    space,
    openLane: (workers) => openThreadLane({ space, plan: full, workers }),
  };
}

/** Texts a second of a lane on texts that all have a vector. */
export async function laneRate(lane: Lane, texts: TextBatch): Promise<number> {
  const started = performance.now();
  await lane.embed(texts, { purpose: "document" });
  return countTexts(texts) / ((performance.now() - started) / 1000);
}
