import { ReembedError } from "../core/errors.ts";
import type { Emit } from "../core/events.ts";
import type { Lane } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { checkCanary } from "../lifecycle/check-canary.ts";

/** What is kept of checks for as long as the engine is open. */
export interface CanaryChecks {
  /** Start-up checks of versions, by their space. */
  readonly canaryChecks: Map<string, Promise<void>>;
  readonly emit: Emit;
}

/** Whether what computes a version can change without a file of ours changing. */
export function isHosted({ space }: Pick<VersionRecord, "space">): boolean {
  return space.kind === "api";
}

/**
 * Checks a hosted model before the first text is embedded for a version, once while the engine is open.
 * Workers of models on disk check themselves as they start.
 * @throws REEMBED_CANARY_TRIPPED, and what embedding throws
 */
export async function checkAtStart(
  { canaryChecks, emit }: CanaryChecks,
  version: VersionRecord,
  lane: Lane,
): Promise<void> {
  if (!isHosted(version)) return;
  const known = canaryChecks.get(version.spaceId);
  if (known !== undefined) return known;
  const { canary } = version;
  if (canary === null) {
    emit({
      event: "warning:raised",
      message: `version ${version.name} has no canary, so a change of ${version.reference} would not be seen; reembed check tells whether its vectors are still those of the model`,
    });
    canaryChecks.set(version.spaceId, Promise.resolve());
    return;
  }
  const checking = checkCanary(lane, version, canary);
  canaryChecks.set(version.spaceId, checking);
  try {
    await checking;
  } catch (error) {
    // What could not be asked may be asked again; another space stays another space.
    if (ReembedError.from(error).code !== "REEMBED_CANARY_TRIPPED") canaryChecks.delete(version.spaceId);
    throw error;
  }
}
