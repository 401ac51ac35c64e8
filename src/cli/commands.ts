import type { Command } from "./command.ts";

/** A command as the program's help lists it; the rest is loaded when it is called. */
export interface CommandEntry {
  readonly usage: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order in which a migration needs them. */
export const commands = {
  quickstart: {
    usage: "quickstart",
    summary: "watch a real migration, start to end",
    load: async () => (await import("./commands/quickstart.ts")).quickstartCommand,
  },
  import: {
    usage: "import SOURCE…",
    summary: "read a corpus into a table",
    load: async () => (await import("./commands/import.ts")).importCommand,
  },
  adopt: {
    usage: "adopt",
    summary: "take over vectors that something else made",
    load: async () => (await import("./commands/adopt.ts")).adoptCommand,
  },
  plan: {
    usage: "plan",
    summary: "what a backfill would take: tokens, money, time, storage",
    load: async () => (await import("./commands/plan.ts")).planCommand,
  },
  backfill: {
    usage: "backfill",
    summary: "embed a table with a model, as a new version",
    load: async () => (await import("./commands/backfill.ts")).backfillCommand,
  },
  embed: {
    usage: "embed SOURCE…",
    summary: "embed files into files, without a table",
    load: async () => (await import("./commands/embed.ts")).embedCommand,
  },
  ingest: {
    usage: "ingest SOURCE…",
    summary: "write rows, with the vectors of every live version",
    load: async () => (await import("./commands/ingest.ts")).ingestCommand,
  },
  delete: {
    usage: "delete",
    summary: "delete rows by key or by a filter",
    load: async () => (await import("./commands/delete.ts")).deleteCommand,
  },
  index: {
    usage: "index",
    summary: "build a version's vector index",
    load: async () => (await import("./commands/index-version.ts")).indexCommand,
  },
  versions: {
    usage: "versions",
    summary: "every version: state, coverage, size",
    load: async () => (await import("./commands/versions.ts")).versionsCommand,
  },
  eval: {
    usage: "eval",
    summary: "compare versions on known queries",
    load: async () => (await import("./commands/eval.ts")).evalCommand,
  },
  switch: {
    usage: "switch",
    summary: "make a version the active one, through the gate",
    load: async () => (await import("./commands/switch.ts")).switchCommand,
  },
  rollback: {
    usage: "rollback",
    summary: "go back to the version that was active before",
    load: async () => (await import("./commands/rollback.ts")).rollbackCommand,
  },
  model: {
    usage: "model pull|inspect|verify|list [REF]",
    summary: "model packages: fetch and pin, look at, check, list",
    load: async () => (await import("./commands/model.ts")).modelCommand,
  },
  retire: {
    usage: "retire",
    summary: "let go of versions that are due, or not wanted",
    load: async () => (await import("./commands/retire.ts")).retireCommand,
  },
  "run-jobs": {
    usage: "run-jobs",
    summary: "retire, check, catch up and follow the configured model, once",
    load: async () => (await import("./commands/run-jobs.ts")).runJobsCommand,
  },
  check: {
    usage: "check",
    summary: "look a table over: pins, mixed spaces, canaries, what is due",
    load: async () => (await import("./commands/check.ts")).checkCommand,
  },
  serve: {
    usage: "serve",
    summary: "searches and metrics over HTTP, and the jobs by schedule",
    load: async () => (await import("./commands/serve.ts")).serveCommand,
  },
  inspect: {
    usage: "inspect",
    summary: "what one row says of itself in every version",
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  search: {
    usage: "search TEXT",
    summary: "search with the active version's own model",
    load: async () => (await import("./commands/search.ts")).searchCommand,
  },
  bench: {
    usage: "bench",
    summary: "how fast it is here, beside the machine's limits",
    load: async () => (await import("./commands/bench.ts")).benchCommand,
  },
  "mock-provider": {
    usage: "mock-provider",
    summary: "a server that answers as hosted models do, to try settings",
    load: async () => (await import("./commands/mock-provider.ts")).mockProviderCommand,
  },
} as const satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof commands;

/** Whether a word is a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}
