import { exitCodes, type ExitCode } from "../core/errors.ts";
import type { ReembedEvent } from "../core/events.ts";
import type { Job } from "../core/job.ts";
import type { Block } from "../observe/report.ts";
import type { FlagSpecs, FlagValues } from "./flags.ts";
import { outputFlags } from "./global-flags.ts";
import type { Host } from "./host.ts";
import type { ArgumentSpec, ParsedArguments } from "./parse-arguments.ts";

/** What a command tells of itself. */
export interface CommandText {
  /** What it does, for its help: sentences. */
  readonly about: string;
  readonly argument: ArgumentSpec | null;
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, what: string])[];
  /** What an interruption leaves behind: a sentence. */
  readonly interrupted: string;
}

/** A command as the rest of the command line handles it: the types of its flags and result are its own. */
export interface Command extends CommandText {
  /** Its own flags. */
  readonly flags: FlagSpecs;
  /** Those that it shares with others. */
  readonly sharedFlags: FlagSpecs;
  run(scene: Scene): Promise<Outcome>;
}

/** Where a command runs. */
export interface Scene {
  readonly parsed: ParsedArguments;
  readonly host: Host;
  /** Aborted by a first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly event: (event: ReembedEvent) => void;
  /** Says a sentence beside the events. */
  readonly notice: (text: string) => void;
}

/** What a command came to. */
export interface Outcome {
  readonly result: object;
  readonly exitCode: ExitCode;
  present(): readonly Block[];
}

/** Passes a job's events on, then answers with its result. */
export async function watchJob<Result>(job: Job<Result>, event: Scene["event"]): Promise<Result> {
  for await (const each of job) event(each);
  return job.result;
}

/** A command that needs neither configuration nor table. */
export interface StandaloneSpec<Flags extends FlagSpecs, Result extends object> extends CommandText {
  readonly flags: Flags;
  /** Answers with what starts the job: what it needs is loaded by then. */
  load(host: Host): Promise<(flags: FlagValues<Flags>, signal: AbortSignal) => Job<Result>>;
  /** The result for people. */
  present(result: Result): readonly Block[];
}

/** Makes a command of its description. */
export function defineStandalone<const Flags extends FlagSpecs, Result extends object>(
  spec: StandaloneSpec<Flags, Result>,
): Command {
  return {
    ...spec,
    sharedFlags: outputFlags,
    async run({ parsed, host, signal, event }) {
      // The parser built the values from these very specs, so they have the types that the specs say.
      const flags = parsed.values as FlagValues<Flags>;
      const start = await spec.load(host);
      const result = await watchJob(start(flags, signal), event);
      return { result, exitCode: exitCodes.ok, present: () => spec.present(result) };
    },
  };
}
