import type {
  MockFaults,
  MockLatency,
  MockLimits,
  MockModel,
  MockProviderOptions,
  Poison,
} from "../../mock-provider/settings.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";
import { usageError } from "../parse-arguments.ts";

const share = (about: string) => ({ kind: "text", placeholder: "SHARE", about }) as const;
const hints = ["seconds", "milliseconds", "none"] as const;

/** The flags of the mock provider: its models, its limits, its pace, and what goes wrong. */
export const mockProviderFlags = {
  port: { kind: "count", placeholder: "N", about: "port; default: any that is free" },
  model: {
    kind: "list",
    separator: null,
    placeholder: "NAME=REF",
    about:
      "a name and what makes its vectors; may be repeated; default: OpenAI's names, all by the shipped static model",
  },
  dimensions: {
    kind: "count",
    placeholder: "N",
    about: "dimensions of the models of --model; default: their own",
  },
  threads: {
    kind: "count",
    placeholder: "N",
    default: 1,
    about: "threads that make vectors, for each model",
  },
  seed: {
    kind: "count",
    placeholder: "N",
    default: 1,
    about: "decides which requests meet a fault, and every latency",
  },
  price: { kind: "text", placeholder: "DOLLARS", about: "for a million tokens; default: 0.02" },
  countTexts: { kind: "switch", about: "count how often each text is paid for" },

  rpm: { kind: "count", placeholder: "N", about: "requests a minute" },
  tpm: { kind: "count", placeholder: "N", about: "tokens a minute" },
  burst: {
    kind: "text",
    placeholder: "TIME",
    about: "time whose share of a limit may be used at once; default: 60s",
  },
  concurrency: { kind: "count", placeholder: "N", about: "requests at one time" },
  maxItems: { kind: "count", placeholder: "N", about: "items of one request; default: 2048" },
  maxInputTokens: { kind: "count", placeholder: "N", about: "tokens of one input; default: 8192" },
  maxRequestTokens: { kind: "count", placeholder: "N", about: "tokens of one request; default: 300000" },
  retryHint: {
    kind: "choice",
    choices: hints,
    default: "seconds",
    about: "how a refusal for a limit says when to come back",
  },
  silent: { kind: "switch", about: "answer without x-ratelimit headers" },

  latency: {
    kind: "text",
    placeholder: "TIME[~SIGMA]",
    about: "time of an answer, as 150ms; 150ms~0.5 is lognormal",
  },
  latencyPerToken: { kind: "text", placeholder: "TIME", about: "time that each token adds, as 0.02ms" },

  batchTime: {
    kind: "text",
    placeholder: "TIME",
    about: "time that each request of a batch takes; default: 10ms",
  },

  "error-429": share("requests refused with 429 at random, as 0.05"),
  "error-429-hint": {
    kind: "choice",
    choices: [...hints, "mixed"],
    default: "seconds",
    about: "how those say when to come back",
  },
  "error-5xx": share("requests answered 500, 502 or 503"),
  stall: share("requests never answered"),
  slowBody: share("answers that arrive in small parts"),
  slowBodyTime: { kind: "text", placeholder: "TIME", about: "how long those take; default: 1s" },
  cutBody: share("answers that end half-way"),
  nan: share("answers with a component that is no number"),
  wrongDimension: share("answers whose vectors are one dimension short"),
  reorder: share("answers with items in another order"),
  missingItems: share("answers without their last item"),
  duplicateIndex: share("answers with one index twice"),
  otherModel: share("answers of another model, which say so"),
  driftAfter: { kind: "count", placeholder: "N", about: "requests after which the weights are others" },
  drift: { kind: "text", placeholder: "DISTANCE", about: "cosine distance of that change; default: 0.1" },
  jitter: { kind: "text", placeholder: "AMOUNT", about: "noise in each component, as 0.0005" },
  poison: {
    kind: "list",
    separator: null,
    placeholder: "TEXT",
    about: "an input with this text makes its request fail; may be repeated",
  },
  poisonStatus: { kind: "choice", choices: ["400", "500"], default: "400", about: "how it fails" },
} as const satisfies FlagSpecs;

type Flags = FlagValues<typeof mockProviderFlags>;

/** What the flags ask for. @throws REEMBED_USAGE */
export function mockProviderOptions(flags: Flags, apiKey: string | null): MockProviderOptions {
  const models = modelsOf(flags);
  return {
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(models === null ? {} : { models }),
    ...(flags.price === undefined ? {} : { pricePerMillionTokens: amountOf("--price", flags.price) }),
    threads: flags.threads,
    seed: flags.seed,
    apiKey,
    countTexts: flags.countTexts,
    limits: limitsOf(flags),
    latency: latencyOf(flags),
    batches: present({
      secondsPerRequest:
        flags.batchTime === undefined ? undefined : durationMs("--batch-time", flags.batchTime) / 1_000,
    }),
    faults: faultsOf(flags),
  };
}

function modelsOf({ model, dimensions }: Flags): readonly MockModel[] | null {
  if (model === undefined) {
    if (dimensions !== undefined)
      throw usageError(
        "--dimensions is of the models of --model: give one, as NAME=bundled:potion-base-4m-int8",
      );
    return null;
  }
  return model.map((written) => {
    const [name = "", ...reference] = written.split("=");
    if (name === "" || reference.length === 0) {
      throw usageError(
        `--model takes NAME=REF, as my-model=bundled:potion-base-4m-int8, not ${JSON.stringify(written)}`,
      );
    }
    return { name, reference: reference.join("="), dimensions: dimensions ?? null };
  });
}

function limitsOf(flags: Flags): Partial<MockLimits> {
  return present({
    requestsPerMin: flags.rpm,
    tokensPerMin: flags.tpm,
    burstSeconds: flags.burst === undefined ? undefined : durationMs("--burst", flags.burst) / 1_000,
    concurrency: flags.concurrency,
    itemsPerRequest: flags.maxItems,
    tokensPerInput: flags.maxInputTokens,
    tokensPerRequest: flags.maxRequestTokens,
    retryHint: flags.retryHint,
    announce: !flags.silent,
  });
}

function latencyOf({ latency, latencyPerToken }: Flags): Partial<MockLatency> {
  const [median = "", sigma] = latency?.split("~") ?? [];
  return present({
    medianMs: latency === undefined ? undefined : durationMs("--latency", median),
    sigma: sigma === undefined ? undefined : amountOf("--latency", sigma),
    perTokenMs:
      latencyPerToken === undefined ? undefined : durationMs("--latency-per-token", latencyPerToken),
  });
}

function faultsOf(flags: Flags): Partial<MockFaults> {
  const status: Poison["status"] = flags.poisonStatus === "500" ? 500 : 400;
  return present({
    error429: shareOf("--error-429", flags["error-429"]),
    error429Hint: flags["error-429-hint"],
    error5xx: shareOf("--error-5xx", flags["error-5xx"]),
    stall: shareOf("--stall", flags.stall),
    slowBody: shareOf("--slow-body", flags.slowBody),
    slowBodyMs:
      flags.slowBodyTime === undefined ? undefined : durationMs("--slow-body-time", flags.slowBodyTime),
    cutBody: shareOf("--cut-body", flags.cutBody),
    nan: shareOf("--nan", flags.nan),
    wrongDimension: shareOf("--wrong-dimension", flags.wrongDimension),
    reorder: shareOf("--reorder", flags.reorder),
    missingItems: shareOf("--missing-items", flags.missingItems),
    duplicateIndex: shareOf("--duplicate-index", flags.duplicateIndex),
    otherModel: shareOf("--other-model", flags.otherModel),
    driftAfter: flags.driftAfter,
    driftDistance: flags.drift === undefined ? undefined : amountOf("--drift", flags.drift),
    jitter: flags.jitter === undefined ? undefined : amountOf("--jitter", flags.jitter),
    poison: flags.poison?.map((text) => ({ text, status })),
  });
}

/** Without the fields that were not given, so that they do not hide a default. */
function present<Value extends object>(value: {
  [Name in keyof Value]: Value[Name] | undefined;
}): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Partial<Value>;
}

function shareOf(flag: string, written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const value = numberOf(written);
  if (value <= 1) return value;
  throw usageError(`${flag} takes a share from 0 to 1, as 0.05, not ${JSON.stringify(written)}`);
}

function amountOf(flag: string, written: string): number {
  const value = numberOf(written);
  if (!Number.isNaN(value)) return value;
  throw usageError(`${flag} takes a number of at least 0, not ${JSON.stringify(written)}`);
}

const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

function durationMs(flag: string, written: string): number {
  const [, amount = "", unit = ""] = /^([\d.]+)(us|ms|s|m)$/.exec(written) ?? [];
  const value = numberOf(amount) * (unitsMs[unit] ?? Number.NaN);
  if (!Number.isNaN(value)) return value;
  throw usageError(`${flag} takes a time with its unit, as 150ms or 2s, not ${JSON.stringify(written)}`);
}

/** A number of at least 0 in plain digits; NaN for anything else. */
function numberOf(written: string): number {
  return /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(written) ? Number(written) : Number.NaN;
}
