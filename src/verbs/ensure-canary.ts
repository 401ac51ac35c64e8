import { ReembedError } from "../core/errors.ts";
import type { CanaryRecord } from "../core/canary.ts";
import type { Model, StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { toleranceOf } from "../lifecycle/check-canary.ts";
import { checkSample, neededCosine } from "../lifecycle/check-sample.ts";
import { newCanary } from "./new-canary.ts";
import { forgetTripped, isHosted } from "./version-canary.ts";
import type { VerbContext } from "./verb-context.ts";

/** Rows that a hosted model is asked for again: few tokens, and one that agrees already tells its space. */
const sampleRows = 16;

/**
 * The version with a canary: its own, else one that is made now and kept in the table, which a warning
 * says. Versions from before canaries were kept have none. What a hosted model gives today is pinned
 * only if it still gives some of the vectors that the version holds: a change that came before would
 * otherwise be pinned as what is right.
 * @throws REEMBED_CANARY_TRIPPED where the model gives none of them, and what embedding throws
 */
export async function ensureCanary(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord,
  model: Model,
): Promise<VersionRecord> {
  if (version.canary !== null) return version;
  const record = await newCanary(context, model);
  const agreement = isHosted(version)
    ? await forgetTripped(context, version, requireAgreement(context, table, version, model, record))
    : "";
  const pinned = await table.pinCanary(version.name, record);
  // What passed for want of a canary is checked from now on.
  context.canaryChecks.delete(version.spaceId);
  context.emit({
    event: "warning:raised",
    message: `version ${version.name} had no canary${agreement}: what ${version.reference} gives for the fixed texts is kept in the table now, and the model is checked against it from now on`,
  });
  return pinned;
}

/** How a sample of the version's rows agrees with its model, in a phrase. */
async function requireAgreement(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord,
  model: Model,
  record: CanaryRecord,
): Promise<string> {
  const { name, reference, space, spaceId } = version;
  const rows = await table.sampleVersion(version, sampleRows, 0);
  if (rows.keys.length === 0) return "";
  const lane = await context.laneOf(model, context.settings.workers);
  const needed = Math.min(neededCosine(space), 1 - toleranceOf(version, record));
  const { sampled, agreed, meanCosine } = await checkSample(lane, rows, context.signal, needed);
  if (agreed > 0 || sampled === 0) return ` (its model gives ${agreed} of ${sampled} sampled vectors again)`;
  throw new ReembedError(
    "REEMBED_CANARY_TRIPPED",
    `version ${name} has no canary, and ${reference} gives none of ${sampled} sampled vectors again (cosine ${meanCosine?.toFixed(4)} in the mean): it changed since they were made. Nothing was pinned or stored; make a version of what the model is now with reembed backfill --to ${reference} --name NAME`,
    { details: { version: name, spaceId, sampled, agreed, meanCosine } },
  );
}
