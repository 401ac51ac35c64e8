import type { Job } from "../core/job.ts";
import type {
  BackfillRequest,
  BackfillResult,
  EvalRequest,
  EvalResult,
  ImportRequest,
  ImportResult,
  IndexRequest,
  IndexResult,
  PlanRequest,
  PlanResult,
  RollbackResult,
  SearchResult,
  SearchVerbRequest,
  SwitchRequest,
  SwitchResult,
  VersionsRequest,
  VersionsResult,
} from "../core/verbs.ts";

/** The engine as the command line sees it, until `src/engine.ts` exports it. */
export interface Engine {
  import(request: ImportRequest): Job<ImportResult>;
  plan(request: PlanRequest): Job<PlanResult>;
  backfill(request: BackfillRequest): Job<BackfillResult>;
  versions(request: VersionsRequest): Job<VersionsResult>;
  index(request: IndexRequest): Job<IndexResult>;
  eval(request: EvalRequest): Job<EvalResult>;
  switch(request: SwitchRequest): Job<SwitchResult>;
  rollback(): Job<RollbackResult>;
  search(request: SearchVerbRequest): Job<SearchResult>;
  quickstart(request: QuickstartRequest): Job<QuickstartResult>;
  close(): Promise<void>;
}

export interface QuickstartRequest {
  readonly folder: string;
  readonly keep: boolean;
}

export interface QuickstartResult {
  readonly summary: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
}
