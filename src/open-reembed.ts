import type { EvalRequest, EvalResult } from "./core/evaluation.ts";
import { resolve } from "node:path";
import { loadConfig } from "./config/load-config.ts";
import type { Device } from "./core/device.ts";
import type { Job } from "./core/job.ts";
import type {
  ModelInspectResult,
  ModelListResult,
  ModelPullResult,
  ModelRequest,
  ModelVerifyResult,
  PullModelRequest,
} from "./core/model-packages.ts";
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
} from "./core/verbs.ts";
import type { PlanRequest, PlanResult } from "./core/verbs-plan.ts";
import type { SearchResult, SearchVerbRequest } from "./core/search.ts";
import type { CheckRequest, CheckResult } from "./core/verbs-check.ts";
import type { EmbedRequest, EmbedResult } from "./core/verbs-embed.ts";
import type { AdoptRequest, AdoptResult } from "./core/verbs-adoption.ts";
import type {
  DeleteRequest,
  DeleteResult,
  IngestRequest,
  UpdateRequest,
  WriteRequest,
  WriteResult,
} from "./core/verbs-write.ts";
import type { ActiveResult, RunJobsRequest, RunJobsResult } from "./core/verbs-jobs.ts";
import type { InspectRequest, InspectResult, RetireRequest, RetireResult } from "./core/verbs-versions.ts";
import { openEngine } from "./engine.ts";

/** Settings of the library; what is left out comes from the configuration file, then the defaults. */
export interface ReembedOptions {
  /** LanceDB URI or folder. @default "./reembed-data" */
  readonly db?: string | undefined;
  readonly table?: string | undefined;
  /** How LanceDB reaches an object store, by its own names: region, endpoint, keys. */
  readonly storageOptions?: Readonly<Record<string, string>> | undefined;
  /** Worker threads. @default as many as cores that the process may use */
  readonly workers?: number | undefined;
  /** Threads inside one call of a transformer. @default 1 */
  readonly threadsPerWorker?: number | undefined;
  /** What computes a transformer; one that is not there is refused. @default "cpu" */
  readonly device?: Device | undefined;
  /** What merges into a table may take, beside the process and its model. @default "1GB" */
  readonly memory?: string | undefined;
  /** Configuration file; by default `reembed.config.json` or `.ts` of `cwd`, if there is one. */
  readonly configFile?: string | undefined;
  /** Where relative paths start. @default the process's working directory */
  readonly cwd?: string | undefined;
  /** Write the digests of local models into the lock file at first use, instead of refusing them. */
  readonly pin?: boolean | undefined;
  /** Variables in which keys of providers are looked up: `process.env`, as a rule. @default none */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Some fields of a request may be left out; they have the command line's defaults. */
type WithDefaults<Request, Optional extends keyof Request> = Omit<Request, Optional> &
  Partial<Pick<Request, Optional>>;

/** An open database with one table in view. Every verb is a job: await it, or iterate its events. */
export interface Reembed {
  import(request: WithDefaults<ImportRequest, "format" | "mode">): Job<ImportResult>;
  plan(request: PlanRequest): Job<PlanResult>;
  adopt(
    request: WithDefaults<AdoptRequest, "column" | "split" | "leaveUnmapped" | "trust" | "dryRun">,
  ): Job<AdoptResult>;
  backfill(request: BackfillRequest): Job<BackfillResult>;
  /** Embeds sources into files, without a table; a folder of part files can be gone on with. */
  embed(
    request: WithDefaults<
      EmbedRequest,
      "sourceFormat" | "format" | "text" | "column" | "partRows" | "overwrite"
    >,
  ): Job<EmbedResult>;
  /** Writes the rows of sources with the vectors of every live version: nothing needs catching up. */
  ingest(request: WithDefaults<IngestRequest, "format" | "mode" | "onUnavailable">): Job<WriteResult>;
  /** The same for rows of the program. */
  write(request: WithDefaults<WriteRequest, "mode" | "onUnavailable">): Job<WriteResult>;
  /** Changes some columns of rows by key; the others stay. A changed text gets the vectors of every live version. */
  update(request: WithDefaults<UpdateRequest, "onUnavailable">): Job<WriteResult>;
  delete(request: DeleteRequest): Job<DeleteResult>;
  inspect(request: WithDefaults<InspectRequest, "vectors">): Job<InspectResult>;
  retire(request?: Partial<RetireRequest>): Job<RetireResult>;
  versions(request?: Partial<VersionsRequest>): Job<VersionsResult>;
  index(request: WithDefaults<IndexRequest, "type">): Job<IndexResult>;
  eval(request: WithDefaults<EvalRequest, "k" | "exact">): Job<EvalResult>;
  switch(request: WithDefaults<SwitchRequest, "force">): Job<SwitchResult>;
  rollback(): Job<RollbackResult>;
  /** Retires, checks, catches up and follows the configured model, once. */
  runJobs(request?: Partial<RunJobsRequest>): Job<RunJobsResult>;
  /** Looks the table over; changes nothing. */
  check(request?: Partial<CheckRequest>): Job<CheckResult>;
  active(): Job<ActiveResult>;
  search(request: WithDefaults<SearchVerbRequest, "limit" | "exact">): Job<SearchResult>;
  pullModel(request: PullModelRequest): Job<ModelPullResult>;
  inspectModel(request: ModelRequest): Job<ModelInspectResult>;
  verifyModel(request: ModelRequest): Job<ModelVerifyResult>;
  listModels(): Job<ModelListResult>;
  /** Ends worker threads and lets go of the database. */
  close(): Promise<void>;
}

const writePolicy = { mode: "append", onUnavailable: "refuse" } as const;

/**
 * Opens a database for re-embedding.
 * @throws REEMBED_CONFIG_INVALID, REEMBED_CONFIG_UNPINNED, REEMBED_STORE_URI
 */
export async function openReembed(options: ReembedOptions): Promise<Reembed> {
  const { db, table, storageOptions, workers, threadsPerWorker, device, memory } = options;
  const { configFile, env, pin, signal } = options;
  const cwd = resolve(options.cwd ?? ".");
  const config = await loadConfig({
    configFile,
    cwd,
    env: {},
    flags: { db, table, storageOptions, workers, threadsPerWorker, device, memory },
  });
  const engine = await openEngine(config, { env, pin, signal });
  return {
    import: (request) => engine.import({ format: "auto", mode: "create", ...request }),
    plan: engine.plan,
    adopt: (request) =>
      engine.adopt({
        column: "vector",
        split: false,
        leaveUnmapped: false,
        trust: false,
        dryRun: false,
        ...request,
      }),
    backfill: engine.backfill,
    embed: (request) =>
      engine.embed({
        sourceFormat: "auto",
        format: "auto",
        text: ["text"],
        column: "vector",
        partRows: 32_768,
        overwrite: false,
        ...request,
      }),
    ingest: (request) => engine.ingest({ format: "auto", ...writePolicy, ...request }),
    write: (request) => engine.write({ ...writePolicy, ...request }),
    update: (request) => engine.update({ onUnavailable: writePolicy.onUnavailable, ...request }),
    delete: engine.delete,
    inspect: (request) => engine.inspect({ vectors: false, ...request }),
    retire: (request) =>
      engine.retire({ force: false, abandon: false, dropOnly: false, dryRun: false, ...request }),
    versions: (request) => engine.versions({ history: false, ...request }),
    index: (request) => engine.index({ type: "auto", ...request }),
    eval: (request) => engine.eval({ k: 10, exact: false, ...request }),
    switch: (request) => engine.switch({ force: false, ...request }),
    rollback: engine.rollback,
    check: (request) => engine.check({ sample: 256, ...request }),
    runJobs: (request) => engine.runJobs({ dryRun: false, ...request }),
    active: engine.active,
    search: (request) => engine.search({ limit: 10, exact: false, ...request }),
    pullModel: engine.pullModel,
    inspectModel: engine.inspectModel,
    verifyModel: engine.verifyModel,
    listModels: engine.listModels,
    close: engine.close,
  };
}
