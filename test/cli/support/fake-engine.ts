import type { Emit } from "../../../src/core/events.ts";
import { throwIfAborted } from "../../../src/core/errors.ts";
import { type Job, startJob } from "../../../src/core/job.ts";
import type { BackfillResult } from "../../../src/core/verbs.ts";
import type { Engine } from "../../../src/core/engine.ts";

/** A call that the command line made. */
export interface EngineCall {
  readonly verb: string;
  readonly request: unknown;
}

export interface FakeEngine extends Engine {
  readonly calls: EngineCall[];
  closed: number;
}

type Verbs = Omit<Engine, "close">;

/** An engine whose verbs do what a test says; calling any other is a failure of the test. */
export function fakeEngine(verbs: {
  [Verb in keyof Verbs]?: (emit: Emit) => Promise<Awaited<ReturnType<Verbs[Verb]>>>;
}): FakeEngine {
  const calls: EngineCall[] = [];
  const verb =
    <Name extends keyof Verbs>(name: Name) =>
    (request?: unknown): Job<Awaited<ReturnType<Verbs[Name]>>> => {
      calls.push({ verb: name, request });
      const work = verbs[name];
      if (work === undefined) throw new Error(`the test did not expect ${name}`);
      return startJob((emit) => work(emit));
    };
  return {
    calls,
    closed: 0,
    import: verb("import"),
    plan: verb("plan"),
    adopt: verb("adopt"),
    inspect: verb("inspect"),
    retire: verb("retire"),
    backfill: verb("backfill"),
    embed: verb("embed"),
    ingest: verb("ingest"),
    write: verb("write"),
    update: verb("update"),
    delete: verb("delete"),
    versions: verb("versions"),
    index: verb("index"),
    eval: verb("eval"),
    switch: verb("switch"),
    rollback: verb("rollback"),
    runJobs: verb("runJobs"),
    check: verb("check"),
    active: verb("active"),
    search: verb("search"),
    pullModel: verb("pullModel"),
    inspectModel: verb("inspectModel"),
    verifyModel: verb("verifyModel"),
    listModels: verb("listModels"),
    async close() {
      this.closed += 1;
    },
  };
}

export const backfillResult: BackfillResult = {
  version: "v2",
  spaceId: "5f".repeat(32),
  state: "ready",
  rows: 117_791,
  handled: 117_791,
  embedded: 116_000,
  copied: 0,
  deduplicated: 1_791,
  skipped: 0,
  failed: 0,
  skippedRows: [],
  tokens: 1_640_000,
  truncated: 0,
  seconds: 87.4,
  rowsPerSecond: 1_348,
  tokensPerSecond: 18_764,
  paddingShare: 0,
  stages: {
    workers: 2,
    tokenizeSeconds: 1.7,
    inferSeconds: 168,
    poolSeconds: 2.4,
    waitSeconds: 0.01,
    laneSeconds: 86.1,
    storeSeconds: 6.2,
  },
  units: 12,
  catchUpRounds: 0,
  indexCoverage: 1,
  cost: 0,
  note: null,
  ledger: null,
  upToDate: false,
};

/** A backfill that goes on until it is told to stop, or `ends`, then takes a moment to drain. */
export async function endlessBackfill(
  emit: Emit,
  signal: AbortSignal,
  options: { readonly rows: number; readonly drainMs: number; readonly ends?: AbortSignal },
): Promise<BackfillResult> {
  emit({ event: "round:planned", version: "v2", round: 1, units: 12, rows: options.rows });
  for (let rows = 1; !signal.aborted && options.ends?.aborted !== true; rows += 1) {
    emit({
      event: "backfill:progress",
      version: "v2",
      rows,
      totalRows: options.rows,
      tokens: rows * 14,
      rowsPerSecond: 1_348,
      tokensPerSecond: 18_764,
      etaSeconds: 49,
      rssBytes: 181_000_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, options.drainMs));
  throwIfAborted(signal);
  return backfillResult;
}
