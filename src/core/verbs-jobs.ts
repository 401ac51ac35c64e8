/** The jobs that keep a table in order: what `run-jobs` takes and answers, and what is active. */
import type { DeprecationAlert } from "./deprecations.ts";
import type { ErrorCode } from "./errors.ts";
import type { SpaceDescription } from "./space.ts";
import type { VersionState } from "./version.ts";

/** What to do about a configured model that is no version of the table yet. */
export const followChoices = ["never", "backfill", "switch"] as const;
export type Follow = (typeof followChoices)[number];

/** Each job by its name, in the order in which they run. */
export const jobNames = ["retire", "canary", "deprecations", "catch-up", "follow", "alerts"] as const;
export type JobName = (typeof jobNames)[number];

export interface RunJobsRequest {
  /** Say what would be done; change nothing, embed nothing and tell nobody. */
  readonly dryRun: boolean;
}

/** What one job came to. */
export interface JobReport {
  readonly job: JobName;
  /** The version that it was about; null for the whole table. */
  readonly version: string | null;
  /** `planned`: would be done, in a dry run. `warning`: done, and people should look at it. */
  readonly state: "done" | "nothing" | "planned" | "warning" | "failed";
  /** A sentence. */
  readonly message: string;
  /** Rows that were, or would be, written. */
  readonly rows: number;
  /** Where it failed. */
  readonly code: ErrorCode | null;
}

export interface RunJobsResult {
  readonly table: string;
  readonly dryRun: boolean;
  /** False where a job failed. */
  readonly ok: boolean;
  readonly jobs: readonly JobReport[];
  readonly deprecations: readonly DeprecationAlert[];
  readonly seconds: number;
}

/** The version that searches go to, for programs that embed their queries elsewhere. */
export interface ActiveResult {
  readonly table: string;
  readonly version: string;
  readonly column: string;
  readonly state: VersionState;
  readonly model: string;
  readonly spaceId: string;
  readonly space: SpaceDescription;
}
