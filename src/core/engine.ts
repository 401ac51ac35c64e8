/** What an open database can do: every verb as the composition root offers it. */
import type { EvalRequest, EvalResult } from "./evaluation.ts";
import type { Job } from "./job.ts";
import type {
  ModelInspectResult,
  ModelListResult,
  ModelPullResult,
  ModelRequest,
  ModelVerifyResult,
  PullModelRequest,
} from "./model-packages.ts";
import type { SearchResult, SearchVerbRequest } from "./search.ts";
import type { AdoptRequest, AdoptResult } from "./verbs-adoption.ts";
import type { CheckRequest, CheckResult } from "./verbs-check.ts";
import type { EmbedRequest, EmbedResult } from "./verbs-embed.ts";
import type { ActiveResult, RunJobsRequest, RunJobsResult } from "./verbs-jobs.ts";
import type { PlanRequest, PlanResult } from "./verbs-plan.ts";
import type { InspectRequest, InspectResult, RetireRequest, RetireResult } from "./verbs-versions.ts";
import type {
  DeleteRequest,
  DeleteResult,
  IngestRequest,
  UpdateRequest,
  WriteRequest,
  WriteResult,
} from "./verbs-write.ts";
import type {
  BackfillRequest,
  BackfillResult,
  ImportRequest,
  ImportResult,
  IndexRequest,
  IndexResult,
  RollbackResult,
  SwitchRequest,
  SwitchResult,
  VersionsRequest,
  VersionsResult,
} from "./verbs.ts";

/** A database opened for work; every verb is a job that can be awaited or watched. */
export interface Engine {
  import(request: ImportRequest): Job<ImportResult>;
  plan(request: PlanRequest): Job<PlanResult>;
  adopt(request: AdoptRequest): Job<AdoptResult>;
  backfill(request: BackfillRequest): Job<BackfillResult>;
  embed(request: EmbedRequest): Job<EmbedResult>;
  ingest(request: IngestRequest): Job<WriteResult>;
  write(request: WriteRequest): Job<WriteResult>;
  update(request: UpdateRequest): Job<WriteResult>;
  delete(request: DeleteRequest): Job<DeleteResult>;
  inspect(request: InspectRequest): Job<InspectResult>;
  retire(request: RetireRequest): Job<RetireResult>;
  versions(request: VersionsRequest): Job<VersionsResult>;
  index(request: IndexRequest): Job<IndexResult>;
  eval(request: EvalRequest): Job<EvalResult>;
  switch(request: SwitchRequest): Job<SwitchResult>;
  rollback(): Job<RollbackResult>;
  /** Does once what keeps a table in order. @throws REEMBED_JOBS_BUSY */
  runJobs(request: RunJobsRequest): Job<RunJobsResult>;
  check(request: CheckRequest): Job<CheckResult>;
  /** The version that searches go to, with its space. @throws REEMBED_NO_ACTIVE_VERSION */
  active(): Job<ActiveResult>;
  search(request: SearchVerbRequest): Job<SearchResult>;
  pullModel(request: PullModelRequest): Job<ModelPullResult>;
  inspectModel(request: ModelRequest): Job<ModelInspectResult>;
  verifyModel(request: ModelRequest): Job<ModelVerifyResult>;
  listModels(): Job<ModelListResult>;
  /** Ends worker threads and lets go of the database. */
  close(): Promise<void>;
}
