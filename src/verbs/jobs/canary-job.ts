import type { JobReport } from "../../core/verbs-jobs.ts";
import type { VersionRecord } from "../../core/version.ts";
import { checkCanary } from "../../lifecycle/check-canary.ts";
import { forgetTripped } from "../version-canary.ts";
import { laneForVersion, type VerbContext } from "../verb-context.ts";
import { reportJob } from "./report-job.ts";

/** Embeds the fixed texts with a version's model and compares them with the pinned vectors of its space. */
export async function canaryJob(context: VerbContext, version: VersionRecord): Promise<JobReport> {
  return reportJob("canary", version.name, async () => {
    const lane = await laneForVersion(context, version, 1);
    // The table's own record was measured when the version was made.
    const record = version.canary ?? (await context.openModel(version.reference)).canary;
    if (record === null) {
      return { state: "nothing", message: "no vectors of this space are pinned to compare with" };
    }
    await forgetTripped(context, version, checkCanary(lane, version, record));
    return { state: "done", message: `${version.reference} gives the pinned vectors` };
  });
}
