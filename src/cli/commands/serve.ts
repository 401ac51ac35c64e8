import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ReembedError } from "../../core/errors.ts";
import { startJob } from "../../core/job.ts";
import { formatCountOf, formatDuration } from "../../observe/quantities.ts";
import { type Block, line } from "../../observe/report.ts";
import { serve, type ServeResult } from "../../serve/serve.ts";
import { parseEvery } from "../../serve/serve-options.ts";
import { defineTableCommand } from "../table-command.ts";

/** Where the token stands that callers must bring: never on a command line, which others can read. */
const tokenVariable = "REEMBED_SERVE_TOKEN";

export const serveCommand = defineTableCommand({
  about:
    "Serves a table over HTTP, so that programs in any language search it as safely: POST /search, GET /active " +
    "(version, column, space), /healthz and Prometheus /metrics; and runs the jobs of run-jobs by schedule. It " +
    "listens on this machine alone unless --host says otherwise, and then only with a token, from " +
    `${tokenVariable} or --token-file. SIGTERM lets what is in flight end.`,
  argument: null,
  flags: {
    host: { kind: "text", placeholder: "HOST", default: "127.0.0.1", about: "address to listen on" },
    port: { kind: "text", placeholder: "N", default: "8787", about: "port; 0 takes one that is free" },
    every: {
      kind: "text",
      placeholder: "TIME",
      default: "15m",
      about: "pause between two runs of the jobs: 30s, 15m, 6h, never",
    },
    tokenFile: { kind: "text", placeholder: "FILE", about: "file that holds the callers' token" },
    concurrency: {
      kind: "count",
      placeholder: "N",
      default: 64,
      about: "searches at the same time, at most",
    },
    rate: {
      kind: "amount",
      placeholder: "N",
      default: 500,
      about: "requests a second of one address, at most",
    },
  },
  examples: [
    ["reembed serve --table docs", "on 127.0.0.1:8787, the jobs every 15 minutes"],
    ["reembed serve --table docs --host 0.0.0.0 --token-file /run/secrets/reembed", "for other machines"],
  ],
  interrupted: "stopped",
  start: (engine, { flags, env, cwd, signal }) =>
    startJob(async (emit) => {
      const job = serve(
        engine,
        {
          host: flags.host,
          port: Number(flags.port),
          everyMs: parseEvery(flags.every),
          token: await readToken(flags.tokenFile, env, cwd),
          concurrency: flags.concurrency,
          ratePerSecond: flags.rate,
        },
        signal,
      );
      for await (const event of job) emit(event);
      return job.result;
    }),
  present: ({ seconds, searches, jobRuns, failedJobRuns }: ServeResult): Block[] => [
    line(
      `served for ${formatDuration(seconds)}: ${formatCountOf(searches, "search", "searches")}, ${formatCountOf(jobRuns, "run")} of the jobs${failedJobRuns === 0 ? "" : `, ${failedJobRuns} with failures`}`,
    ),
  ],
});

async function readToken(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<string | null> {
  if (file === undefined) return env[tokenVariable] || null;
  try {
    return (await readFile(resolve(cwd, file), "utf8")).trim();
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_CONFIG_UNREADABLE", `the token file ${file} cannot be read`);
  }
}
