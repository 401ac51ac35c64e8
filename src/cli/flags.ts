/** Flags as data: what parsing, checking and help all read. */

interface FlagBasics {
  /** What the flag does, for help: a phrase without a full stop. */
  readonly about: string;
  readonly required?: true;
}

interface ValuedFlag extends FlagBasics {
  /** What stands for the value in help: `REF`, `N`, `FILE`. */
  readonly placeholder: string;
}

export type FlagSpec =
  | (FlagBasics & { readonly kind: "switch" })
  | (ValuedFlag & { readonly kind: "text"; readonly default?: string })
  /** A whole number of at least 1. */
  | (ValuedFlag & { readonly kind: "count"; readonly default?: number })
  /** A number above 0. */
  | (ValuedFlag & { readonly kind: "amount"; readonly default?: number })
  | (FlagBasics & { readonly kind: "choice"; readonly choices: readonly string[]; readonly default?: string })
  /** Given several times, or, with a separator, once with several values. */
  | (ValuedFlag & { readonly kind: "list"; readonly separator: "," | null });

/** Flags of one command, by name in camelCase: `limitRows` is written `--limit-rows`. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The value that a flag has once parsed. */
type FlagValue<Spec extends FlagSpec> = Spec extends { kind: "switch" }
  ? boolean
  : Spec extends { required: true } | { default: string | number }
    ? PresentValue<Spec>
    : PresentValue<Spec> | undefined;

type PresentValue<Spec extends FlagSpec> = Spec extends { kind: "count" | "amount" }
  ? number
  : Spec extends { kind: "choice"; choices: readonly (infer Choice)[] }
    ? Choice
    : Spec extends { kind: "list" }
      ? readonly [string, ...string[]]
      : string;

export type FlagValues<Specs extends FlagSpecs> = { readonly [Name in keyof Specs]: FlagValue<Specs[Name]> };

/** How a flag's name is written on the command line. */
export function writtenFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How a flag is shown in help, with what stands for its value: `--to REF`, `--mode create|append`. */
export function flagUsage(name: string, spec: FlagSpec): string {
  switch (spec.kind) {
    case "switch":
      return writtenFlag(name);
    case "choice":
      return `${writtenFlag(name)} ${spec.choices.join("|")}`;
    case "text":
    case "count":
    case "amount":
    case "list":
      return `${writtenFlag(name)} ${spec.placeholder}`;
  }
}
