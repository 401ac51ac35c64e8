import { z } from "zod";
import { deadlineMs } from "../core/deadline.ts";
import { settingNotes } from "./setting-notes.ts";

/** A limit that may be unset. Each is a schema of its own, since notes are kept by schema. */
const limit = (): z.ZodDefault<z.ZodNullable<z.ZodInt>> => z.int().positive().nullable().default(null);

/** How hosted models are used. What moves a vector is no setting: it stands in the model's reference. */
export interface ProviderSettings {
  readonly share: number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly requestsPerDay: number | null;
  readonly tokensPerDay: number | null;
  readonly concurrency: number;
  readonly maxCost: number | null;
  readonly maxTokens: number | null;
  readonly usdPerMTokens: number | null;
  readonly batch: boolean;
  readonly batchWait: boolean;
  readonly deadline: string | null;
  readonly batchPollSeconds: number;
  readonly batchQueueTokens: number | null;
  readonly patienceSeconds: number;
  readonly acceptMutable: boolean;
  readonly modelsFile: string | null;
  readonly limitsFolder: string | null;
}

/** The settings of hosted models. Order: as documented. */
export const providerSettingsSchema = z.strictObject({
  share: z.number().gt(0).max(1).default(1).register(settingNotes, {
    description: "Part of a provider's limits to use; the rest is left to live traffic.",
    variable: "REEMBED_PROVIDER_SHARE",
    expected: "a number above 0, up to 1",
  }),
  requestsPerMinute: limit().register(settingNotes, {
    description: "Limit of your account; null: what answers say.",
    variable: "REEMBED_PROVIDER_REQUESTS_PER_MINUTE",
    expected: "a whole number of at least 1",
  }),
  tokensPerMinute: limit().register(settingNotes, {
    description: "Limit of your account; null: what answers say.",
    variable: "REEMBED_PROVIDER_TOKENS_PER_MINUTE",
    expected: "a whole number of at least 1",
  }),
  requestsPerDay: limit().register(settingNotes, {
    description: "Requests of a day (UTC), over all processes of this machine.",
    variable: "REEMBED_PROVIDER_REQUESTS_PER_DAY",
    expected: "a whole number of at least 1",
  }),
  tokensPerDay: limit().register(settingNotes, {
    description: "Tokens of a day (UTC), over all processes of this machine.",
    variable: "REEMBED_PROVIDER_TOKENS_PER_DAY",
    expected: "a whole number of at least 1",
  }),
  concurrency: z.int().min(1).max(1024).default(64).register(settingNotes, {
    description: "Requests in flight at most.",
    variable: "REEMBED_PROVIDER_CONCURRENCY",
    expected: "a whole number from 1 to 1024",
  }),
  maxCost: z.number().positive().nullable().default(null).register(settingNotes, {
    description: "US dollars that a run may cost; it stops before it passes them.",
    variable: "REEMBED_PROVIDER_MAX_COST",
    expected: "a number above 0",
  }),
  maxTokens: limit().register(settingNotes, {
    description: "Tokens that a run may cost; it stops before it passes them.",
    variable: "REEMBED_PROVIDER_MAX_TOKENS",
    expected: "a whole number of at least 1",
  }),
  usdPerMTokens: z.number().min(0).nullable().default(null).register(settingNotes, {
    description: "Your price of a million tokens in US dollars; null: the table's.",
    variable: "REEMBED_PROVIDER_USD_PER_M_TOKENS",
    expected: "a number, 0 or more",
  }),
  batch: z.boolean().default(false).register(settingNotes, {
    description: "Have a backfill's texts embedded in the provider's batches, at their price.",
    variable: "REEMBED_PROVIDER_BATCH",
    expected: "true or false",
  }),
  batchWait: z.boolean().default(true).register(settingNotes, {
    description: "Stay until every batch has ended; false: send and ask once, and come back later.",
    variable: "REEMBED_PROVIDER_BATCH_WAIT",
    expected: "true or false",
  }),
  deadline: z
    .string()
    .refine((written) => !Number.isNaN(deadlineMs(written, 0)))
    .nullable()
    .default(null)
    .register(settingNotes, {
      description: "When all must be done: in time for it, batches are taken back and embedded live.",
      variable: "REEMBED_PROVIDER_DEADLINE",
      expected: 'a date and time, such as "2026-08-01T18:00:00Z", or "now"',
    }),
  batchPollSeconds: z.number().positive().max(86_400).default(30).register(settingNotes, {
    description: "Seconds between two looks at the batches under way.",
    variable: "REEMBED_PROVIDER_BATCH_POLL_SECONDS",
    expected: "a number of seconds above 0",
  }),
  batchQueueTokens: limit().register(settingNotes, {
    description: "Tokens that your account may have in batches at once; null: what refusals say.",
    variable: "REEMBED_PROVIDER_BATCH_QUEUE_TOKENS",
    expected: "a whole number of at least 1",
  }),
  patienceSeconds: z.number().positive().max(86_400).default(300).register(settingNotes, {
    description: "A run is paused when a provider has answered nothing for so long.",
    variable: "REEMBED_PROVIDER_PATIENCE_SECONDS",
    expected: "a number of seconds above 0",
  }),
  acceptMutable: z.boolean().default(false).register(settingNotes, {
    description: "Take hosted models whose names do not pin their weights.",
    variable: "REEMBED_PROVIDER_ACCEPT_MUTABLE",
    expected: "true or false",
  }),
  modelsFile: z.string().min(1).nullable().default(null).register(settingNotes, {
    description: "JSONL of limits and prices over those of `datasets/providers/models.jsonl`.",
    variable: "REEMBED_PROVIDER_MODELS_FILE",
    expected: "a file name",
  }),
  limitsFolder: z.string().min(1).nullable().default(null).register(settingNotes, {
    description: "Where processes that share limits find each other; null: the system's temporary folder.",
    variable: "REEMBED_PROVIDER_LIMITS_FOLDER",
    expected: "a folder",
  }),
});
