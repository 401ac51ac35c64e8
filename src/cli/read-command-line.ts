import type { Command } from "./command.ts";
import { type CommandName, commands, isCommandName } from "./commands.ts";
import { writtenFlag } from "./flags.ts";
import { outputFlags, tableFlags } from "./global-flags.ts";
import { type ParsedArguments, parseArguments, suggestion, usageError } from "./parse-arguments.ts";

/** What a command line asks for. */
export type CommandLine =
  | { readonly kind: "version" }
  | { readonly kind: "program-help" }
  | { readonly kind: "nothing" }
  | { readonly kind: "command-help"; readonly name: CommandName; readonly command: Command }
  | {
      readonly kind: "command";
      readonly name: CommandName;
      readonly command: Command;
      readonly parsed: ParsedArguments;
    };

/** Where the command stands in `argv`, or what was asked for instead of one. @throws REEMBED_USAGE */
function findCommand(
  argv: readonly string[],
):
  | { readonly kind: "version" | "program-help" | "nothing" }
  | { readonly kind: "at"; readonly index: number } {
  const shared = Object.entries({ ...tableFlags, ...outputFlags });
  let index = 0;
  for (let word = argv[index]; word !== undefined; word = argv[index]) {
    if (!word.startsWith("-")) return { kind: "at", index };
    if (word === "--version") return { kind: "version" };
    if (word === "--help" || word === "-h") return { kind: "program-help" };
    const [written = ""] = word.split("=");
    const flag = shared.find(([name]) => writtenFlag(name) === written);
    if (flag === undefined) {
      const names = shared.map(([name]) => writtenFlag(name));
      throw usageError(
        `there is no flag ${written} before the command${suggestion(written, [...names, "--version"])}`,
      );
    }
    index += flag[1].kind === "switch" || word.includes("=") ? 1 : 2;
  }
  return { kind: "nothing" };
}

/** The command that a command line names, as far as it can be read; null where there is none. */
export function namedCommand(argv: readonly string[]): CommandName | null {
  return argv.find(isCommandName) ?? null;
}

/** The command that a word names. @throws REEMBED_USAGE */
function commandNamed(word: string): CommandName {
  if (isCommandName(word)) return word;
  throw usageError(`there is no command ${word}${suggestion(word, Object.keys(commands))}`, {
    commands: Object.keys(commands),
  });
}

/** Reads a whole command line; the command's own file is loaded only if it is called. @throws REEMBED_USAGE */
export async function readCommandLine(argv: readonly string[]): Promise<CommandLine> {
  const found = findCommand(argv);
  if (found.kind !== "at") return { kind: found.kind };
  const word = argv[found.index] ?? "";
  const rest = [...argv.slice(0, found.index), ...argv.slice(found.index + 1)];
  if (word === "help") return readHelp(rest);
  const name = commandNamed(word);
  const command = await commands[name].load();
  const parsed = parseArguments(rest, {
    command: name,
    specs: { ...command.flags, ...command.sharedFlags },
    argument: command.argument,
  });
  if (parsed.values["help"] === true) return { kind: "command-help", name, command };
  return { kind: "command", name, command, parsed };
}

async function readHelp(words: readonly string[]): Promise<CommandLine> {
  const [word, ...more] = words.filter((each) => !each.startsWith("-"));
  if (word === undefined) return { kind: "program-help" };
  if (more.length > 0) throw usageError(`help takes one command, not ${more.length + 1}`);
  const name = commandNamed(word);
  return { kind: "command-help", name, command: await commands[name].load() };
}
