import type { EmbedOptions, Lane } from "../core/ports.ts";
import type { PlanRequest, PlanResult, TargetPlan } from "../core/verbs.ts";
import { summarizeVersions } from "../lifecycle/summarize-versions.ts";
import { estimateStorage } from "../plan/storage-estimate.ts";
import { planRound, usualBounds } from "../plan/plan-round.ts";
import { planHosted } from "./plan-hosted.ts";
import { requireCorpus } from "./require-corpus.ts";
import { openTable, type VerbContext } from "./verb-context.ts";

/** Texts that tokens and rate are measured on: about a second of a small transformer on one core. */
const sampleTexts = 640;
const sampleParts = 10;

/** Two-sided 95 % point of the normal distribution. */
const z95 = 1.96;

const documents: EmbedOptions = { purpose: "document" };

/** What a backfill to each target would take, measured on a sample of the table's own rows. */
export async function planTargets(context: VerbContext, request: PlanRequest): Promise<PlanResult> {
  const table = await openTable(context, request.to);
  await requireCorpus(context, table);
  const versions = await summarizeVersions(table, { history: false, signal: context.signal });
  const texts = await table.sampleTexts(sampleTexts);
  const { rows } = await table.snapshot();
  const fragments = await table.fragments(null);
  const type = request.vectorType ?? context.settings.vectorType ?? "float32";
  const targets: TargetPlan[] = [];
  for (const reference of request.to) {
    const model = await context.openModel(reference);
    const { dimensions } = model.space.description;
    for (const message of model.warnings) context.emit({ event: "warning:raised", message });
    const sample =
      model.hosted === undefined
        ? await measure(await context.laneOf(model, context.settings.workers), texts, rows)
        : await planHosted(model.hosted, texts, rows);
    targets.push({
      model: reference,
      spaceId: model.space.id,
      dimensions,
      rows,
      ...sample,
      units: planRound(fragments, usualBounds(dimensions)).units.length,
      vectorType: type,
      ...estimateStorage(versions, rows, { dimensions, type }),
      deadline: null,
    });
  }
  return { targets };
}

/** Tokens with their interval, and seconds, for all rows, from the sample's rate in this lane. */
async function measure(
  lane: Lane,
  texts: readonly string[],
  rows: number,
): Promise<Pick<TargetPlan, "tokens" | "tokensError" | "seconds" | "cost">> {
  if (texts.length === 0) return { tokens: 0, tokensError: 0, seconds: 0, cost: 0 };
  const partTexts = Math.ceil(texts.length / sampleParts);
  const perText: number[] = [];
  for (let start = 0; start < texts.length; start += partTexts) {
    const part = texts.slice(start, start + partTexts);
    perText.push((await lane.embed(part, documents)).tokens / part.length);
  }
  const startMs = performance.now();
  await lane.embed(texts, documents);
  const secondsPerText = (performance.now() - startMs) / 1000 / texts.length;
  const mean = perText.reduce((sum, value) => sum + value, 0) / perText.length;
  const variance =
    perText.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, perText.length - 1);
  const counted = texts.length >= rows;
  return {
    tokens: Math.round(mean * rows),
    tokensError: counted ? 0 : Math.round(z95 * Math.sqrt(variance / perText.length) * rows),
    seconds: secondsPerText * rows,
    cost: 0,
  };
}
