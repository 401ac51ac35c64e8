import { canaryKind, type CanaryRecord, canaryTolerance } from "../core/canary.ts";
import { canaryInputs, startTexts } from "../core/canary-texts.ts";
import { type CanaryComparison, compareCanary } from "../core/compare-canary.ts";
import { describeCanary } from "../core/describe-canary.ts";
import { ReembedError } from "../core/errors.ts";
import type { Lane } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";

/** What a version's check needs to know of it. */
export type CheckedVersion = Pick<VersionRecord, "name" | "reference" | "space" | "spaceId">;

/** How far a lane's vectors may lie from those of a record, on the machine that the lane runs on. */
export function toleranceOf({ space }: CheckedVersion, record: CanaryRecord): number {
  return canaryTolerance(canaryKind(space), record, space.instructionClass);
}

/**
 * Asks a lane for the first few fixed texts and compares. Where they are not the pinned ones, all of
 * the texts are asked for, since what changed shows in how different texts moved.
 */
export async function measureDrift(
  lane: Lane,
  version: CheckedVersion,
  record: CanaryRecord,
  signal?: AbortSignal,
): Promise<CanaryComparison> {
  const tolerance = toleranceOf(version, record);
  const compare = async (count?: number): Promise<CanaryComparison> => {
    const asked = { purpose: "document", urgent: true, signal } as const;
    const { vectors } = await lane.embed(canaryInputs(count), asked);
    return compareCanary(record, { dimensions: lane.space.description.dimensions, vectors }, tolerance);
  };
  const quick = await compare(startTexts);
  return agrees(quick) ? quick : compare();
}

/** Whether a comparison says that nothing but noise lies between the vectors, or cannot say. */
export function agrees({ verdict }: CanaryComparison): boolean {
  return verdict.kind === "noise" || verdict.kind === "other-texts";
}

/** Refuses a lane that no longer gives the vectors of a version's space. @throws REEMBED_CANARY_TRIPPED */
export async function checkCanary(
  lane: Lane,
  version: CheckedVersion,
  record: CanaryRecord,
  signal?: AbortSignal,
): Promise<void> {
  const comparison = await measureDrift(lane, version, record, signal);
  if (agrees(comparison)) return;
  throw new ReembedError(
    "REEMBED_CANARY_TRIPPED",
    `the model ${version.reference} ${describeCanary(comparison)}. Vectors that it makes now must not meet those of version ${version.name}, which were pinned on ${record.pinnedAt.slice(0, 10)}: nothing of them is stored. If the change is meant to stay, make a version of what the model is now with reembed backfill --to ${version.reference} --name NAME, under a reference of its own if its provider has one`,
    {
      details: {
        version: version.name,
        spaceId: version.spaceId,
        verdict: comparison.verdict,
        worst: comparison.worst,
        tolerance: comparison.tolerance,
      },
    },
  );
}
