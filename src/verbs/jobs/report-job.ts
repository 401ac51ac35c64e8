import { ReembedError } from "../../core/errors.ts";
import type { JobName, JobReport } from "../../core/verbs-jobs.ts";

type Told = Pick<JobReport, "state" | "message"> & Partial<Pick<JobReport, "rows">>;

/** Does one job; what fails ends that job alone, and only an interruption ends them all. */
export async function reportJob(
  job: JobName,
  version: string | null,
  work: () => Promise<Told>,
): Promise<JobReport> {
  try {
    return { job, version, rows: 0, code: null, ...(await work()) };
  } catch (thrown) {
    const error = ReembedError.from(thrown);
    if (error.code === "REEMBED_INTERRUPTED") throw error;
    return { job, version, state: "failed", message: error.message, rows: 0, code: error.code };
  }
}
