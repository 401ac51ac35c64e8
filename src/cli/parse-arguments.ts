import { parseArgs } from "node:util";
import { ReembedError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import { type FlagSpec, type FlagSpecs, writtenFlag } from "./flags.ts";

/** What a command takes besides flags. */
export interface ArgumentSpec {
  /** What stands for it in help: `SOURCE…`. */
  readonly placeholder: string;
  readonly about: string;
  readonly many: boolean;
}

/** A command line, checked. */
export interface ParsedArguments {
  readonly args: readonly string[];
  /** By flag name; a flag that was not given has its default, or is absent. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What was given for one flag, in order. */
type Given = Map<string, string[]>;

/** An error in how the command was called. */
export function usageError(message: string, details: Record<string, unknown> = {}): ReembedError {
  return new ReembedError("REEMBED_USAGE", message, { details });
}

/** ` Did you mean X?`, or nothing where no name is close. */
export function suggestion(written: string, names: Iterable<string>): string {
  const nearest = nearestName(written, names);
  return nearest === null ? "" : `; did you mean ${nearest}?`;
}

/** Reads `argv` into flags and the rest; whatever is not in `specs` is refused. @throws REEMBED_USAGE */
export function readTokens(argv: readonly string[], specs: FlagSpecs, command: string) {
  const byWritten = new Map(Object.entries(specs).map(([name, spec]) => [writtenFlag(name), { name, spec }]));
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...byWritten].map(([written, { spec }]) => [
        written.slice(2),
        { type: spec.kind === "switch" ? "boolean" : "string", multiple: true } as const,
      ]),
    ),
  });
  const given: Given = new Map();
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const written = token.rawName === "-h" ? "--help" : token.rawName;
    const flag = byWritten.get(written);
    if (flag === undefined) {
      throw usageError(`${command} has no flag ${written}${suggestion(written, byWritten.keys())}`, {
        flag: written,
      });
    }
    given.set(flag.name, [
      ...(given.get(flag.name) ?? []),
      checkedRaw(written, flag.spec, token.value, token.inlineValue),
    ]);
  }
  return { given, args };
}

/** The value as it was written, once it is clear that there is one where one belongs. */
function checkedRaw(
  written: string,
  spec: FlagSpec,
  value: string | undefined,
  inline: boolean | undefined,
): string {
  if (spec.kind === "switch") {
    if (value !== undefined) throw usageError(`${written} takes no value, and was given ${quote(value)}`);
    return "";
  }
  const missing = value === undefined || (inline === false && value.startsWith("--"));
  if (missing) throw usageError(`${written} needs a value: ${valueShape(spec)}`, { flag: written });
  return value;
}

function valueShape(spec: Exclude<FlagSpec, { kind: "switch" }>): string {
  return spec.kind === "choice" ? spec.choices.join(", ") : spec.placeholder;
}

/** Parses the part of a command line that follows the command. @throws REEMBED_USAGE */
export function parseArguments(
  argv: readonly string[],
  options: { readonly command: string; readonly specs: FlagSpecs; readonly argument: ArgumentSpec | null },
): ParsedArguments {
  const { command, specs, argument } = options;
  const { given, args } = readTokens(argv, specs, command);
  // Whoever asks for help need not give the rest.
  if (given.has("help")) return { args, values: { help: true } };

  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const raw = given.get(name);
    if (raw === undefined && spec.required === true) {
      throw usageError(`${command} needs ${writtenFlag(name)}: ${spec.about}`, { flag: writtenFlag(name) });
    }
    const value = raw === undefined ? defaultOf(spec) : parseValue(writtenFlag(name), spec, raw);
    if (value !== undefined) values[name] = value;
  }
  checkArguments(command, argument, args);
  return { args, values };
}

function defaultOf(spec: FlagSpec): unknown {
  if (spec.kind === "switch") return false;
  return spec.kind === "list" ? undefined : spec.default;
}

function parseValue(written: string, spec: FlagSpec, raw: readonly string[]): unknown {
  if (spec.kind === "switch") return true;
  if (spec.kind === "list") {
    const { separator } = spec;
    const values = separator === null ? raw : raw.flatMap((value) => value.split(separator));
    if (values.some((value) => value.trim() === "")) throw usageError(`${written} was given an empty value`);
    return values.map((value) => value.trim());
  }
  const [value = "", ...more] = raw;
  if (more.length > 0) {
    throw usageError(`${written} was given ${raw.length} times (${raw.map(quote).join(", ")}): give it once`);
  }
  return parseSingle(written, spec, value);
}

function parseSingle(
  written: string,
  spec: Exclude<FlagSpec, { kind: "switch" | "list" }>,
  value: string,
): string | number {
  switch (spec.kind) {
    case "text":
      if (value === "") throw usageError(`${written} was given an empty value`);
      return value;
    case "count": {
      const count = /^\d+$/.test(value) ? Number(value) : Number.NaN;
      if (Number.isSafeInteger(count) && count >= 1) return count;
      throw usageError(`${written} takes a whole number of at least 1, not ${quote(value)}`);
    }
    case "amount": {
      const amount = /^(?:\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : Number.NaN;
      if (Number.isFinite(amount) && amount > 0) return amount;
      throw usageError(`${written} takes a number above 0, not ${quote(value)}`);
    }
    case "choice":
      if (spec.choices.includes(value)) return value;
      throw usageError(
        `${written} takes ${spec.choices.join(", ")}, not ${quote(value)}${suggestion(value, spec.choices)}`,
      );
  }
}

function checkArguments(command: string, argument: ArgumentSpec | null, args: readonly string[]): void {
  if (argument !== null && (args.length === 0 || args[0] === "")) {
    throw usageError(`${command} needs ${argument.placeholder}: ${argument.about}`);
  }
  if (argument?.many === true) return;
  const allowed = argument === null ? 0 : 1;
  if (args.length <= allowed) return;
  const advice =
    argument === null ? "it takes none" : `put quotes around one ${argument.placeholder} of several words`;
  throw usageError(
    `${command} was given ${args.length - allowed} argument${args.length - allowed === 1 ? "" : "s"} too many (${args.slice(allowed).map(quote).join(", ")}): ${advice}`,
  );
}

function quote(value: string): string {
  return JSON.stringify(value);
}
