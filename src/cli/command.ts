import { exitCodes, type ExitCode } from "../core/errors.ts";
import type { ReembedEvent } from "../core/events.ts";
import type { Job } from "../core/job.ts";
import type { Block } from "../observe/report.ts";
import type { Engine } from "./engine-port.ts";
import type { FlagSpecs, FlagValues } from "./flags.ts";
import { outputFlags, tableFlags } from "./global-flags.ts";
import type { ArgumentSpec, ParsedArguments } from "./parse-arguments.ts";
import type { RunConfig, Settings } from "../config/load-config.ts";

/** What a command is given to work with. */
export interface CommandInput<Flags extends FlagSpecs> {
  readonly args: readonly string[];
  readonly flags: FlagValues<Flags>;
  readonly config: RunConfig;
}

/** One command, as its file writes it down. */
export interface CommandSpec<Flags extends FlagSpecs, Result extends object> {
  /** What it does, for its help: sentences. */
  readonly about: string;
  readonly argument: ArgumentSpec | null;
  readonly flags: Flags;
  /** Whether it works on a table, and so takes `--db`, `--table` and `--pin`. */
  readonly onTable: boolean;
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, what: string])[];
  /** What an interruption leaves behind: a sentence. */
  readonly interrupted: string;
  /** Flags that are settings of the configuration too. @throws REEMBED_USAGE */
  settings?(flags: FlagValues<Flags>): Settings;
  start(engine: Engine, input: CommandInput<Flags>): Job<Result>;
  /** The result for people. */
  present(result: Result, input: CommandInput<Flags>): readonly Block[];
  /** @default ok */
  exitCode?(result: Result): ExitCode;
}

/** What a command came to. */
export interface Outcome {
  readonly result: object;
  readonly exitCode: ExitCode;
  present(): readonly Block[];
}

/** A command as the rest of the command line handles it: the types of its flags and result are its own. */
export interface Command {
  readonly about: string;
  readonly argument: ArgumentSpec | null;
  readonly flags: FlagSpecs;
  /** Its own flags and those that it shares with others. */
  readonly allFlags: FlagSpecs;
  readonly examples: CommandSpec<FlagSpecs, object>["examples"];
  readonly interrupted: string;
  settings(parsed: ParsedArguments): Settings;
  run(
    engine: Engine,
    parsed: ParsedArguments,
    config: RunConfig,
    onEvent: (event: ReembedEvent) => void,
  ): Promise<Outcome>;
}

/** Makes a command of its description. */
export function defineCommand<const Flags extends FlagSpecs, Result extends object>(
  spec: CommandSpec<Flags, Result>,
): Command {
  // The parser built the values from these very specs, so they have the types that the specs say.
  const flagsOf = (parsed: ParsedArguments): FlagValues<Flags> => parsed.values as FlagValues<Flags>;
  return {
    about: spec.about,
    argument: spec.argument,
    flags: spec.flags,
    allFlags: { ...spec.flags, ...(spec.onTable ? tableFlags : {}), ...outputFlags },
    examples: spec.examples,
    interrupted: spec.interrupted,
    settings: (parsed) => spec.settings?.(flagsOf(parsed)) ?? {},
    async run(engine, parsed, config, onEvent) {
      const input = { args: parsed.args, flags: flagsOf(parsed), config };
      const job = spec.start(engine, input);
      for await (const event of job) onEvent(event);
      const result = await job.result;
      return {
        result,
        exitCode: spec.exitCode?.(result) ?? exitCodes.ok,
        present: () => spec.present(result, input),
      };
    },
  };
}
