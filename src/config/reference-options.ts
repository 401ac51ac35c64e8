import { type ErrorCode, ReembedError } from "../core/errors.ts";
import type { ReferenceOptions } from "../core/model-reference.ts";
import { nearestName } from "../core/nearest-name.ts";
import type { Pooling } from "../core/space.ts";

/** How one option's text becomes its value: null where the text is not a value of it. */
interface OptionKind<Value> {
  readonly read: (text: string) => Value | null;
  /** What may be written, for messages. */
  readonly expected: string;
}

const text: OptionKind<string> = { read: (written) => written, expected: "text" };

const count: OptionKind<number> = {
  read: (written) => (/^[1-9]\d{0,8}$/.test(written) ? Number(written) : null),
  expected: "a whole number of at least 1",
};

const flag: OptionKind<boolean> = {
  read: (written) => (written === "true" ? true : written === "false" ? false : null),
  expected: "true or false",
};

const file: OptionKind<string> = {
  read: (written) =>
    written === "" || /^(?:[/\\]|[A-Za-z]:)/.test(written) || written.split(/[/\\]/).includes("..")
      ? null
      : written,
  expected: "a path inside the model package",
};

function choice<const Values extends readonly string[]>(values: Values): OptionKind<Values[number]> {
  return {
    read: (written) => values.find((value) => value === written) ?? null,
    expected: values.join(", "),
  };
}

const poolings = ["mean", "cls", "max", "last-token", "none"] as const satisfies readonly Pooling[];

/** Every option that a reference may carry after `?`; each becomes part of the space. */
const optionKinds: {
  readonly [Name in keyof Required<ReferenceOptions>]: OptionKind<Required<ReferenceOptions>[Name]>;
} = {
  onnxFile: file,
  dimensions: count,
  maxTokens: count,
  pooling: choice(poolings),
  normalize: flag,
  prompt: text,
  queryPrompt: text,
  truncation: choice(["right", "left"]),
  grouping: choice(["alone", "equal-length"]),
};

/** Refuses a reference: throws with what is wrong and what to write. */
export type Refuse = (code: ErrorCode, what: string) => never;

/**
 * Reads `name=value&name=value`, percent-decoded (a `+` is a plus sign).
 * @throws REEMBED_CONFIG_REFERENCE for a name twice or unknown, or a value that its option cannot have
 */
export function parseReferenceOptions(query: string, refuse: Refuse): ReferenceOptions {
  const values = new Map<string, unknown>();
  for (const part of query.split("&")) {
    const split = part.indexOf("=");
    if (split < 1) {
      refuse(
        "REEMBED_CONFIG_REFERENCE",
        `has ${JSON.stringify(part)} among its options; write name=value, joined by &`,
      );
    }
    const name = part.slice(0, split);
    if (!isOptionName(name)) {
      const names = Object.keys(optionKinds);
      const nearest = nearestName(name, names);
      const advice = nearest === null ? `the options are ${names.join(", ")}` : `write ${nearest}`;
      return refuse("REEMBED_CONFIG_REFERENCE", `has an unknown option "${name}"; ${advice}`);
    }
    if (values.has(name)) refuse("REEMBED_CONFIG_REFERENCE", `gives "${name}" twice; write it once`);
    const written = part.slice(split + 1);
    const value = optionKinds[name].read(decodePercent(written, refuse));
    if (value === null) {
      refuse("REEMBED_CONFIG_REFERENCE", `has ${name}=${written}; write ${optionKinds[name].expected}`);
    }
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function isOptionName(name: string): name is keyof ReferenceOptions {
  return Object.hasOwn(optionKinds, name);
}

function decodePercent(written: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(written);
  } catch (error) {
    if (!(error instanceof URIError)) throw ReembedError.from(error);
    return refuse(
      "REEMBED_CONFIG_REFERENCE",
      `has a broken percent escape in ${JSON.stringify(written)}; write a literal % as %25`,
    );
  }
}
