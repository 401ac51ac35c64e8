import { type ErrorCode, ReembedError } from "../core/errors.ts";
import type { HostedOptions, ReferenceOptions } from "../core/model-reference.ts";
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

const address: OptionKind<string> = {
  read: (written) => {
    const url = URL.parse(written);
    const plain = url !== null && url.username === "" && url.password === "" && url.search === "";
    return plain && /^https?:$/.test(url.protocol) ? written.replace(/\/+$/, "") : null;
  },
  expected: "an http:// or https:// address without user, password or query",
};

const digest: OptionKind<string> = {
  read: (written) => /^(?:sha256:)?([0-9a-f]{12,64})$/i.exec(written)?.[1]?.toLowerCase() ?? null,
  expected: "at least 12 hex digits, as `ollama list` shows them",
};

function choice<const Values extends readonly string[]>(values: Values): OptionKind<Values[number]> {
  return {
    read: (written) => values.find((value) => value === written) ?? null,
    expected: values.join(", "),
  };
}

const poolings = ["mean", "cls", "max", "last-token", "none"] as const satisfies readonly Pooling[];

type OptionKinds<Options> = {
  readonly [Name in keyof Required<Options>]: OptionKind<Required<Options>[Name]>;
};

/** Every option that the reference of a model package may carry after `?`; each becomes part of the space. */
const packageOptionKinds: OptionKinds<ReferenceOptions> = {
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

/** Every option that the reference of a hosted model may carry. */
const hostedOptionKinds: OptionKinds<HostedOptions> = {
  dimensions: count,
  maxTokens: count,
  normalize: flag,
  prompt: text,
  queryPrompt: text,
  documentTask: text,
  queryTask: text,
  overLong: choice(["truncate", "average", "skip"]),
  servedModel: text,
  digest,
  acceptMutable: flag,
  baseUrl: address,
  deployment: text,
  apiVersion: text,
  region: text,
};

/** Refuses a reference: throws with what is wrong and what to write. */
export type Refuse = (code: ErrorCode, what: string) => never;

/**
 * Reads `name=value&name=value` of a model package, percent-decoded (a `+` is a plus sign).
 * @throws REEMBED_CONFIG_REFERENCE for a name twice or unknown, or a value that its option cannot have
 */
export function parseReferenceOptions(query: string, refuse: Refuse): ReferenceOptions {
  return parseOptions(query, packageOptionKinds, refuse);
}

/** The same for a hosted model. @throws REEMBED_CONFIG_REFERENCE */
export function parseHostedOptions(query: string, refuse: Refuse): HostedOptions {
  return parseOptions(query, hostedOptionKinds, refuse);
}

function parseOptions(
  query: string,
  optionKinds: Readonly<Record<string, OptionKind<unknown>>>,
  refuse: Refuse,
): Record<string, unknown> {
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
    const kind = Object.hasOwn(optionKinds, name) ? optionKinds[name] : undefined;
    if (kind === undefined) {
      const names = Object.keys(optionKinds);
      const nearest = nearestName(name, names);
      const advice = nearest === null ? `the options are ${names.join(", ")}` : `write ${nearest}`;
      return refuse("REEMBED_CONFIG_REFERENCE", `has an unknown option "${name}"; ${advice}`);
    }
    if (values.has(name)) refuse("REEMBED_CONFIG_REFERENCE", `gives "${name}" twice; write it once`);
    const written = part.slice(split + 1);
    const value = kind.read(decodePercent(written, refuse));
    if (value === null) {
      refuse("REEMBED_CONFIG_REFERENCE", `has ${name}=${written}; write ${kind.expected}`);
    }
    values.set(name, value);
  }
  return Object.fromEntries(values);
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
