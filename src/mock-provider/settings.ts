/** What a mock provider is told to be: its models, its limits, and what goes wrong. */
import type { Vocabulary } from "../core/served-model.ts";
import type { MockBatchPace } from "./batch/batch-phase.ts";

/** A model that the server answers for. */
export interface MockModel {
  readonly name: string;
  /** What makes its vectors, as `bundled:NAME`. */
  readonly reference: string;
  /** Dimensions of its vectors; null: the model's own. */
  readonly dimensions: number | null;
  /** What its tokens are counted by. @default OpenAI's for OpenAI's names, else the model's own */
  readonly vocabulary?: Vocabulary;
}

/** How a refusal tells when to come back. */
export const retryHints = ["seconds", "milliseconds", "none"] as const;
export type RetryHint = (typeof retryHints)[number];

export interface MockLimits {
  /** Null: no limit. */
  readonly requestsPerMin: number | null;
  readonly tokensPerMin: number | null;
  /**
   * Seconds of the limit that may be used at once after a pause. A limit a minute is often enforced
   * in shorter windows. Source: OpenAI's guide to rate limits ("quantized").
   */
  readonly burstSeconds: number;
  /** Requests at one time. */
  readonly concurrency: number | null;
  /** Whether answers carry `x-ratelimit-*`. */
  readonly announce: boolean;
  readonly retryHint: RetryHint;
  readonly itemsPerRequest: number;
  readonly tokensPerInput: number;
  readonly tokensPerRequest: number;
  readonly bytesPerRequest: number;
}

/** How long an answer takes before its body starts. */
export interface MockLatency {
  /** The median, and exactly this long where `sigma` is 0. */
  readonly medianMs: number;
  /** Standard deviation of the logarithm: 0.5 makes one answer in a hundred over three times as long. */
  readonly sigma: number;
  readonly perTokenMs: number;
}

/** A text that the provider stumbles over. */
export interface Poison {
  /** Every input that contains this is poisoned. */
  readonly text: string;
  readonly status: 400 | 500;
}

/** What goes wrong. Numbers are shares of the requests, 0 to 1, unless they say otherwise. */
export interface MockFaults {
  /** Refused with 429 although no limit was passed. */
  readonly error429: number;
  /** How those refusals say when to come back; `mixed` takes turns. */
  readonly error429Hint: RetryHint | "mixed";
  /** Answered 500, 502 or 503. */
  readonly error5xx: number;
  /** Never answered: the connection stays open until the client gives up. */
  readonly stall: number;
  /** The body arrives in small parts over `slowBodyMs`. */
  readonly slowBody: number;
  /** Unit: milliseconds. */
  readonly slowBodyMs: number;
  /** The connection ends in the middle of the body. The tokens are paid. */
  readonly cutBody: number;
  /** One vector has a component that is no number. */
  readonly nan: number;
  /** Vectors have one dimension less. */
  readonly wrongDimension: number;
  /** Items stand in another order; their `index` is right. */
  readonly reorder: number;
  /** The last item is missing. */
  readonly missingItems: number;
  /** Two items have the same `index`. */
  readonly duplicateIndex: number;
  /** Another model answers, and says so. */
  readonly otherModel: number;
  readonly otherModelName: string;
  /** From this request on the weights are others; null: never. */
  readonly driftAfter: number | null;
  /** Cosine distance of a text's vectors before and after. */
  readonly driftDistance: number;
  /** Largest amount added to or taken from each component. */
  readonly jitter: number;
  readonly poison: readonly Poison[];
}

export interface MockSettings {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly models: readonly MockModel[];
  readonly threads: number;
  /** Decides every fault and every latency. */
  readonly seed: number;
  /** Asked for where it is not null. */
  readonly apiKey: string | null;
  /** Unit: US dollars per million tokens; a batch costs half. */
  readonly pricePerMillionTokens: number;
  /** Keep every text that was paid for, with how often. Memory grows with the corpus. */
  readonly countTexts: boolean;
  readonly limits: MockLimits;
  readonly latency: MockLatency;
  readonly batches: MockBatchPace;
  readonly faults: MockFaults;
}

export const noFaults: MockFaults = {
  error429: 0,
  error429Hint: "seconds",
  error5xx: 0,
  stall: 0,
  slowBody: 0,
  slowBodyMs: 1_000,
  cutBody: 0,
  nan: 0,
  wrongDimension: 0,
  reorder: 0,
  missingItems: 0,
  duplicateIndex: 0,
  otherModel: 0,
  otherModelName: "fallback-model-001",
  driftAfter: null,
  driftDistance: 0.1,
  jitter: 0,
  poison: [],
};

const shippedModel = "bundled:potion-base-4m-int8";

/**
 * OpenAI's names and sizes, all with vectors of the shipped static model, and that model by its own name.
 * Source: OpenAI's guide to embeddings (1,536 and 3,072 dimensions).
 */
const openAiModels: readonly MockModel[] = [
  { name: "text-embedding-3-small", reference: shippedModel, dimensions: 1_536 },
  { name: "text-embedding-3-large", reference: shippedModel, dimensions: 3_072 },
  { name: "text-embedding-ada-002", reference: shippedModel, dimensions: 1_536 },
  { name: "potion-base-4m-int8", reference: shippedModel, dimensions: null },
];

/** What a model's tokens are counted by. Source: OpenAI's guide to embeddings (cl100k_base). */
export function vocabularyOf({ name, vocabulary }: MockModel): Vocabulary {
  if (vocabulary !== undefined) return vocabulary;
  return name.startsWith("text-embedding-") ? "cl100k_base" : "own";
}

/**
 * A quick provider without limits of rate and without faults.
 * Source of the request limits: OpenAI's reference of `POST /v1/embeddings` (2,048 items, 8,192 tokens
 * an input, 300,000 tokens a request); of the price: OpenAI's price of text-embedding-3-small.
 */
export const defaultSettings: MockSettings = {
  port: 0,
  host: "127.0.0.1",
  models: openAiModels,
  threads: 1,
  seed: 1,
  apiKey: null,
  pricePerMillionTokens: 0.02,
  countTexts: false,
  limits: {
    requestsPerMin: null,
    tokensPerMin: null,
    burstSeconds: 60,
    concurrency: null,
    announce: true,
    retryHint: "seconds",
    itemsPerRequest: 2_048,
    tokensPerInput: 8_192,
    tokensPerRequest: 300_000,
    bytesPerRequest: 32 * 1024 * 1024,
  },
  batches: { validatingSeconds: 1, secondsPerRequest: 0.01, finalizingSeconds: 1 },
  latency: { medianMs: 0, sigma: 0, perTokenMs: 0 },
  faults: noFaults,
};

/** Settings with whatever is not given left at its default. */
export interface MockProviderOptions extends Partial<
  Omit<MockSettings, "limits" | "latency" | "batches" | "faults">
> {
  readonly limits?: Partial<MockLimits>;
  readonly latency?: Partial<MockLatency>;
  readonly batches?: Partial<MockBatchPace>;
  readonly faults?: Partial<MockFaults>;
}

/** Fills in every default once. */
export function completeSettings(options: MockProviderOptions): MockSettings {
  return {
    ...defaultSettings,
    ...options,
    limits: { ...defaultSettings.limits, ...options.limits },
    latency: { ...defaultSettings.latency, ...options.latency },
    batches: { ...defaultSettings.batches, ...options.batches },
    faults: { ...defaultSettings.faults, ...options.faults },
  };
}
