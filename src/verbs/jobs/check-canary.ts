import { describeCanary } from "../../core/describe-canary.ts";
import { ReembedError } from "../../core/errors.ts";
import type { JobReport } from "../../core/verbs-jobs.ts";
import type { VersionRecord } from "../../core/version.ts";
import { agrees, measureDrift } from "../../lifecycle/check-canary.ts";
import { laneForVersion, type VerbContext } from "../verb-context.ts";
import { reportJob } from "./report-job.ts";

/** Embeds the fixed texts with a version's model and compares them with the pinned vectors of its space. */
export async function checkCanary(context: VerbContext, version: VersionRecord): Promise<JobReport> {
  return reportJob("canary", version.name, async () => {
    const lane = await laneForVersion(context, version, 1);
    const canary = version.canary ?? (await context.openModel(version.reference)).canary;
    if (canary === null) {
      return { state: "nothing", message: "no vectors of this space are pinned to compare with" };
    }
    const comparison = await measureDrift(lane, version, canary);
    const message = `${version.reference} ${describeCanary(comparison)}`;
    if (agrees(comparison)) return { state: "done", message };
    throw new ReembedError(
      "REEMBED_CANARY_TRIPPED",
      `${message}; version ${version.name} is not filled with it`,
    );
  });
}
