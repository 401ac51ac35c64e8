import { canaryKind, canaryTolerance } from "../../core/canary.ts";
import { canaryInputs } from "../../core/canary-texts.ts";
import { compareCanary } from "../../core/compare-canary.ts";
import { describeCanary } from "../../core/describe-canary.ts";
import { ReembedError } from "../../core/errors.ts";
import type { JobReport } from "../../core/verbs-jobs.ts";
import type { VersionRecord } from "../../core/version.ts";
import { laneForVersion, type VerbContext } from "../verb-context.ts";
import { reportJob } from "./report-job.ts";

/** Embeds the fixed texts with a version's model and compares them with the pinned vectors of its space. */
export async function checkCanary(context: VerbContext, version: VersionRecord): Promise<JobReport> {
  return reportJob("canary", version.name, async () => {
    const lane = await laneForVersion(context, version, 1);
    const { canary } = await context.openModel(version.reference);
    if (canary === null) {
      return { state: "nothing", message: "no vectors of this space are pinned to compare with" };
    }
    const { description } = lane.space;
    const tolerance = canaryTolerance(canaryKind(description), canary, description.instructionClass);
    const { vectors } = await lane.embed(canaryInputs(), { purpose: "document", signal: context.signal });
    const measured = { dimensions: description.dimensions, vectors };
    const comparison = compareCanary(canary, measured, tolerance);
    const message = `${version.reference} ${describeCanary(comparison)}`;
    if (comparison.verdict.kind === "noise") return { state: "done", message };
    throw new ReembedError(
      "REEMBED_MODEL_CANARY",
      `${message}; version ${version.name} is not filled with it`,
    );
  });
}
