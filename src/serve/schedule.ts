import { ReembedError } from "../core/errors.ts";
import type { Emit } from "../core/events.ts";
import type { Engine } from "../core/engine.ts";
import { pause } from "../core/pause.ts";
import type { ServeMetrics } from "./metrics.ts";

/** How the runs of the jobs went. */
export interface ScheduleTotals {
  readonly runs: number;
  readonly failed: number;
}

/**
 * Runs the jobs again and again, each run some time after the last one ended, until the signal aborts.
 * A run that fails is told and counted; the next one comes all the same. Another process that runs them
 * is no failure.
 */
export async function runSchedule(
  engine: Engine,
  everyMs: number,
  surroundings: { readonly emit: Emit; readonly metrics: ServeMetrics; readonly signal: AbortSignal },
): Promise<ScheduleTotals> {
  const { emit, metrics, signal } = surroundings;
  let runs = 0;
  let failed = 0;
  while (!signal.aborted) {
    try {
      const job = engine.runJobs({ dryRun: false });
      for await (const event of job) emit(event);
      const { ok, jobs, seconds, table } = await job;
      runs += 1;
      const broken = jobs.filter(({ state }) => state === "failed");
      for (const { code } of broken) metrics.failed(code ?? "REEMBED_INTERNAL");
      if (!ok) failed += 1;
      const canaries = jobs.filter(({ job: name, state }) => name === "canary" && state !== "nothing");
      const canaryOk = canaries.length === 0 ? null : canaries.every(({ state }) => state === "done");
      metrics.ranJobs({ ok, canaryOk });
      emit({
        event: "jobs:finished",
        table,
        seconds,
        failures: broken.map(({ job: name, message }) => `${name}: ${message}`),
      });
    } catch (thrown) {
      const error = ReembedError.from(thrown);
      if (signal.aborted) break;
      if (error.code !== "REEMBED_JOBS_BUSY") {
        runs += 1;
        failed += 1;
        metrics.failed(error.code);
      }
      emit({ event: "warning:raised", message: `jobs: ${error.message}` });
    }
    await pause(everyMs, signal);
  }
  return { runs, failed };
}
