import { type Calendar, type Deprecation, findDeprecation, lastSafeStart } from "../core/deprecations.ts";
import { ReembedError } from "../core/errors.ts";
import type { EmbedOptions, Lane, Model } from "../core/ports.ts";
import type { HostedModel } from "../core/provider.ts";
import type { EndingVersion, PlanRequest, PlanResult, TargetPlan } from "../core/verbs-plan.ts";
import type { VersionRecord } from "../core/version.ts";
import { summarizeVersions } from "../lifecycle/summarize-versions.ts";
import { describePlan } from "../plan/describe-plan.ts";
import { hostedSeconds } from "../plan/hosted-seconds.ts";
import { boundsWithin, planRound } from "../plan/plan-round.ts";
import { hitCoverage, hottestFirst } from "../plan/order-by-hits.ts";
import { estimateStorage } from "../plan/storage-estimate.ts";
import { writeCost } from "../plan/write-cost.ts";
import { findHits } from "./find-hits.ts";
import { existingVersion } from "./existing-version.ts";
import { countEveryRow, estimateFromSample, type RowsToCount, type TokenCount } from "./count-tokens.ts";
import { corpusOf, requireCorpus } from "./require-corpus.ts";
import { openTable, type VerbContext } from "./verb-context.ts";

/** What this verb needs beside the usual context. Filled in by the composition root alone. */
export interface PlanPorts {
  /** When providers end their models. */
  readCalendar(): Promise<Calendar>;
}

/** Texts that tokens and rate are measured on: about a second of a small transformer on one core. */
const sampleTexts = 640;

/** How far an estimate by characters may be from a provider's own count, as a share of it. */
const estimateError = 0.3;

const million = 1_000_000;

/**
 * What a backfill to each target would take: counted or estimated by the target's own tokenizer, timed
 * on a sample of the table's rows or by a provider's limits. Nothing is written but the file that may be
 * asked for, and no provider is asked.
 * @throws REEMBED_USAGE, REEMBED_PLAN_MEMORY
 */
export async function planTargets(
  context: VerbContext,
  { readCalendar }: PlanPorts,
  request: PlanRequest,
): Promise<PlanResult> {
  const { out = null } = request;
  if (out !== null && request.to.length !== 1) throw oneTargetOnly(request.to);
  const table = await openTable(context, request.to);
  await requireCorpus(context, table);
  const versions = await summarizeVersions(table, { history: false, signal: context.signal });
  const texts = await table.sampleTexts(sampleTexts);
  const snapshot = await table.snapshot();
  const newType = request.vectorType ?? context.settings.vectorType ?? "float32";
  const { entries: calendar, notes } = await readCalendar();
  for (const message of notes) context.emit({ event: "warning:raised", message });
  const active = snapshot.versions.find(({ state }) => state === "active") ?? null;
  const targets: TargetPlan[] = [];
  for (const reference of request.to) {
    const model = await context.openModel(reference);
    const { dimensions } = model.space.description;
    for (const message of model.warnings) context.emit({ event: "warning:raised", message });
    const version = existingVersion(snapshot, model) ?? null;
    const fragments = await table.fragments(version);
    const rows = fragments.reduce((sum, { pending }) => sum + pending, 0);
    const hits = await findHits(context, table, version, request.hits);
    const ordered = hits === null ? fragments : hottestFirst(fragments, hits);
    const round = planRound(ordered, boundsWithin(context.settings.memoryBytes, dimensions, fragments));
    const vectors = { dimensions, type: version?.vectorType ?? newType };
    const count = async (tokens: TokenCount): Promise<Counted> => {
      const counted: RowsToCount = { table, version, fragments, rows };
      return request.exact === true
        ? countEveryRow(counted, tokens, context.signal)
        : estimateFromSample(counted, { texts, population: snapshot.rows }, tokens);
    };
    const effort =
      model.hosted === undefined
        ? await planLocal(context, model, texts, count)
        : await planHosted(model.hosted, rows, request.requestSeconds ?? null, count);
    const target: TargetPlan = {
      model: reference,
      spaceId: model.space.id,
      dimensions,
      vectorType: vectors.type,
      version: version?.name ?? null,
      rows,
      ...effort,
      units: round.units.length,
      ...writeCost(round, fragments, vectors),
      ...estimateStorage(versions, snapshot.rows, vectors, version?.name ?? null),
      deadline: findDeprecation(calendar, reference)?.shutdown ?? null,
      replaces:
        active === null || active.spaceId === model.space.id
          ? null
          : endOf(active, calendar, effort.seconds, context.settings.retirementGraceDays),
    };
    targets.push(hits === null ? target : { ...target, use: hitCoverage(round, hits) });
    if (out === null) continue;
    const about = {
      madeAt: new Date(context.nowMs()).toISOString(),
      table: {
        uri: context.settings.db,
        name: table.name,
        version: snapshot.tableVersion,
        rows: snapshot.rows,
      },
      corpus: await corpusOf(context, table),
      space: model.space,
      target,
    };
    await context.plans.write(out, describePlan(round, fragments, about));
  }
  return { targets, out };
}

function oneTargetOnly(targets: readonly string[]): ReembedError {
  return new ReembedError(
    "REEMBED_USAGE",
    `a plan's file is for one target, and ${targets.length} were named (${targets.join(", ")}): give --out with one --to`,
  );
}

/** Until when the active version's model is there, and when to begin at the latest. */
function endOf(
  { name, reference }: VersionRecord,
  calendar: readonly Deprecation[],
  seconds: number | null,
  graceDays: number,
): EndingVersion | null {
  const entry = findDeprecation(calendar, reference);
  if (entry === null) return null;
  const { shutdown, source } = entry;
  const startBy = lastSafeStart(shutdown, seconds, graceDays);
  return { version: name, model: reference, deadline: shutdown, startBy, source };
}

type Counted = Pick<TargetPlan, "tokens" | "tokensError">;

type Effort = Counted & Pick<TargetPlan, "ownTokenizer" | "seconds" | "cost" | "batchCost" | "price">;

const documents: EmbedOptions = { purpose: "document" };

/** Tokens by the lane's own tokenizer, and seconds at the rate of the sample in this lane. */
async function planLocal(
  context: VerbContext,
  model: Model,
  texts: readonly string[],
  count: (tokens: TokenCount) => Promise<Counted>,
): Promise<Effort> {
  const lane = await context.laneOf(model, context.settings.workers);
  const counted = await count({
    countTokens: (some) => countInLane(lane, some, context.signal),
    countingError: 0,
  });
  return {
    ...counted,
    ownTokenizer: true,
    seconds: counted.tokens * (await secondsPerToken(lane, texts, context.signal)),
    cost: 0,
    batchCost: null,
    price: null,
  };
}

async function countInLane(
  lane: Lane,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number> {
  if (lane.countTokens !== undefined) return lane.countTokens(texts, signal);
  throw new ReembedError("REEMBED_INTERNAL", "the lane of a model on disk counts no tokens");
}

async function secondsPerToken(
  lane: Lane,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const startMs = performance.now();
  const { tokens } = await lane.embed(texts, { ...documents, signal });
  return tokens === 0 ? 0 : (performance.now() - startMs) / 1000 / tokens;
}

/** Tokens as they would be sent, money by the price, and time by the limits; null where unknown. */
async function planHosted(
  hosted: HostedModel,
  rows: number,
  requestSeconds: number | null,
  count: (tokens: TokenCount) => Promise<Counted>,
): Promise<Effort> {
  const { exact: ownTokenizer } = await hosted.countTokens([]);
  const counted = await count({
    countTokens: async (texts) => (await hosted.countTokens(texts)).tokens.reduce((sum, n) => sum + n, 0),
    countingError: ownTokenizer ? 0 : estimateError,
  });
  const costAt = (usdPerMTokens: number | null): number | null =>
    usdPerMTokens === null ? null : (counted.tokens * usdPerMTokens) / million;
  return {
    ...counted,
    ownTokenizer,
    seconds: hostedSeconds(hosted, { rows, tokens: counted.tokens }, requestSeconds),
    cost: costAt(hosted.price.usdPerMTokens),
    batchCost: costAt(hosted.price.batchUsdPerMTokens),
    price: hosted.price,
  };
}
