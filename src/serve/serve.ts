import { ReembedError } from "../core/errors.ts";
import { type Job, startJob } from "../core/job.ts";
import type { SearchResult } from "../core/search.ts";
import type { Engine } from "../core/engine.ts";
import { jsonAnswer } from "./http-answer.ts";
import { createHttpServer, healthAnswer, type Route } from "./http-server.ts";
import { createMetrics } from "./metrics.ts";
import { createRequestLimits } from "./request-limits.ts";
import { runSchedule } from "./schedule.ts";
import { parseSearchBody } from "./search-body.ts";
import { checkServeOptions, type ServeOptions } from "./serve-options.ts";
import { createTableState } from "./table-state.ts";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server did until it was told to stop. */
export interface ServeResult {
  readonly url: string;
  readonly seconds: number;
  readonly searches: number;
  readonly jobRuns: number;
  readonly failedJobRuns: number;
}

/** A search that takes longer is told so; its place is free once it has really ended. Unit: ms. */
const searchTimeoutMs = 30_000;

/** Requests in flight may end; whoever waits for the process as a rule waits 30 s. Unit: ms. */
const drainMs = 25_000;

/**
 * Serves a table until the signal aborts: health, metrics, the active version, searches, and the jobs
 * by schedule. To be stopped is how it ends well: what is in flight is answered first.
 * @throws REEMBED_USAGE, REEMBED_SERVE_LISTEN, REEMBED_STORE_TABLE_MISSING
 */
export function serve(engine: Engine, options: ServeOptions, signal: AbortSignal): Job<ServeResult> {
  return startJob(async (emit) => {
    checkServeOptions(options);
    await requireTable(engine);
    const startedMs = performance.now();
    const metrics = createMetrics(Date.now);
    const limits = createRequestLimits(options, () => performance.now());
    const tableState = createTableState(engine, () => performance.now());
    let searches = 0;

    const search = async (body: string): Promise<SearchResult> => {
      const request = parseSearchBody(body);
      const leave = limits.enter();
      if (leave === null) {
        throw new ReembedError(
          "REEMBED_SERVE_BUSY",
          `${options.concurrency} searches are under way: the most at a time`,
        );
      }
      const arrivedMs = performance.now();
      const searching = (async () => engine.search(request))();
      searching.finally(leave).catch(() => {});
      const result = await within(searchTimeoutMs, searching);
      searches += 1;
      metrics.searched((performance.now() - arrivedMs) / 1000, result);
      return result;
    };

    const health = async () => {
      if (signal.aborted) return healthAnswer(false, "it is being stopped");
      try {
        await engine.active();
        return healthAnswer(true, null);
      } catch (thrown) {
        return healthAnswer(false, ReembedError.from(thrown).code);
      }
    };

    const routes: readonly Route[] = [
      { method: "GET", path: "/healthz", open: true, answer: health },
      {
        method: "GET",
        path: "/healthz/live",
        open: true,
        answer: async () => jsonAnswer(200, { live: true }),
      },
      {
        method: "GET",
        path: "/metrics",
        open: false,
        answer: async () => ({
          status: 200,
          headers: { "content-type": metrics.contentType },
          body: await metrics.render(await tableState()),
        }),
      },
      {
        method: "GET",
        path: "/active",
        open: false,
        answer: async () => jsonAnswer(200, await engine.active()),
      },
      {
        method: "POST",
        path: "/search",
        open: false,
        answer: async (body) => jsonAnswer(200, await search(body)),
      },
    ];
    const server = createHttpServer({ routes, token: options.token, limits, metrics, signal });
    const url = await listen(server, options);
    emit({ event: "serve:listening", url, guarded: options.token !== null });

    const schedule =
      options.everyMs === null
        ? Promise.resolve({ runs: 0, failed: 0 })
        : runSchedule(engine, options.everyMs, { emit, metrics, signal });
    await aborted(signal);
    await drain(server);
    const { runs, failed } = await schedule;
    const seconds = (performance.now() - startedMs) / 1000;
    return { url, seconds, searches, jobRuns: runs, failedJobRuns: failed };
  });
}

/**
 * Refuses a table that is not there, or none: a name that was mistyped would never be ready. A table
 * without an active version, or a database that cannot be reached now, can still come to be.
 */
async function requireTable(engine: Engine): Promise<void> {
  try {
    await engine.active();
  } catch (thrown) {
    const { code } = ReembedError.from(thrown);
    if (code === "REEMBED_STORE_TABLE_MISSING" || code === "REEMBED_USAGE") throw thrown;
  }
}

async function listen(server: Server, { host, port }: ServeOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new ReembedError(
          "REEMBED_SERVE_LISTEN",
          `${host} port ${port} cannot be listened on: ${error.message}`,
          {
            cause: error,
            details: { host, port },
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host}:${bound}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Takes no new connections, lets those with a request end, then cuts what is left. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(timer);
}

/** @throws REEMBED_SERVE_BUSY once the time is over; the work itself goes on */
async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ReembedError("REEMBED_SERVE_BUSY", `the search took longer than ${ms / 1000} s`)),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
