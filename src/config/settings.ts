import { z } from "zod";
import { parseByteSize } from "../core/byte-size.ts";
import { type Device, devices } from "../core/device.ts";
import type { GatePolicy } from "../core/gate.ts";
import type { IndexType } from "../core/ports.ts";
import { type NewVectorType, newVectorTypes } from "../core/vector-type.ts";
import type { OnEmpty } from "../core/verbs.ts";
import type { CorpusColumns } from "../core/words.ts";
import { pricesSchema, type UserPrices } from "./choose-price.ts";
import { type ProviderSettings, providerSettingsSchema } from "./provider-settings.ts";
import { type JobSettings, jobSettings } from "./job-settings.ts";
import { searchSettings, type SearchSettings } from "./search-settings.ts";
import { settingNotes } from "./setting-notes.ts";

/** Everything that a run is told, whole and frozen: no setting has a default anywhere else. */
export interface RunConfig extends JobSettings, SearchSettings {
  readonly db: string;
  readonly table: string | null;
  readonly corpus: CorpusColumns | null;
  readonly model: string | null;
  readonly workers: number | null;
  readonly threadsPerWorker: number;
  readonly device: Device;
  readonly memory: string;
  readonly lockFile: string;
  readonly hubCacheFolder: string | null;
  readonly hubEndpoint: string;
  readonly onEmpty: OnEmpty;
  readonly index: IndexType | "auto";
  readonly vectorType: NewVectorType | null;
  readonly modelTags: Readonly<Record<string, string>>;
  readonly actor: string | null;
  readonly leaseSeconds: number;
  readonly stateFolder: string | null;
  readonly storageOptions: Readonly<Record<string, string>>;
  readonly retirementGraceDays: number;
  readonly gate: GatePolicy;
  readonly provider: ProviderSettings;
  readonly prices: UserPrices;
}

const name = z.string().min(1);
const share = z.number().min(0).max(1);

/** The one table of settings. Order: as documented. */
export const settingsSchema = z.strictObject({
  db: name.default("./reembed-data").register(settingNotes, {
    description: "LanceDB folder or URI that holds the tables.",
    variable: "REEMBED_DB",
    expected: 'a folder or URI, such as "./reembed-data"',
  }),
  table: name.nullable().default(null).register(settingNotes, {
    description: "The table to work on.",
    variable: "REEMBED_TABLE",
    expected: "a table's name",
  }),
  corpus: z
    .strictObject({
      key: name.register(settingNotes, {
        description: "Column of unique, non-null keys.",
        variable: "REEMBED_KEY",
        expected: 'the name of the key column, such as "id"',
      }),
      text: z.tuple([name], name).register(settingNotes, {
        description: "Text columns, joined by a space in this order.",
        variable: "REEMBED_TEXT",
        expected: 'a list of column names, such as ["title", "text"]',
      }),
    })
    .nullable()
    .default(null)
    .register(settingNotes, {
      description: "Which columns make up the corpus of a table that is imported.",
      variable: null,
      expected: '{ "key": "id", "text": ["text"] }',
    }),
  model: name.nullable().default(null).register(settingNotes, {
    description: "Pinned reference of the model to embed with.",
    variable: "REEMBED_MODEL",
    expected: 'a model reference, such as "bundled:all-MiniLM-L6-v2"',
  }),
  workers: z.int().min(1).max(1024).nullable().default(null).register(settingNotes, {
    description: "Worker threads; null: as many as cores that the process may use.",
    variable: "REEMBED_WORKERS",
    expected: "a whole number from 1 to 1024",
  }),
  threadsPerWorker: z.int().min(1).max(1024).default(1).register(settingNotes, {
    description: "Threads inside one call of a transformer; more workers of one thread are faster.",
    variable: "REEMBED_THREADS_PER_WORKER",
    expected: "a whole number from 1 to 1024",
  }),
  device: z
    .enum(devices)
    .default("cpu")
    .register(settingNotes, {
      description: "What computes a transformer; a device that is not there is refused.",
      variable: "REEMBED_DEVICE",
      expected: devices.map((device) => `"${device}"`).join(", "),
    }),
  memory: name
    .refine((written) => parseByteSize(written) !== null)
    .default("1GB")
    .register(settingNotes, {
      description: "What merges into a table may take, beside the process and its model.",
      variable: "REEMBED_MEMORY",
      expected: 'a size, such as "800MB" or "2GiB"',
    }),
  lockFile: name.default("reembed.lock.json").register(settingNotes, {
    description: "Digests of every model package in use.",
    variable: "REEMBED_LOCK_FILE",
    expected: "a file name",
  }),
  hubCacheFolder: name.nullable().default(null).register(settingNotes, {
    description: "Where packages of `hf:` references are; null: the hub's usual cache folder.",
    variable: "HF_HUB_CACHE",
    expected: "a folder",
  }),
  hubEndpoint: name.default("https://huggingface.co").register(settingNotes, {
    description: "Where packages of `hf:` references are pulled from.",
    variable: "HF_ENDPOINT",
    expected: "an http or https address",
  }),
  onEmpty: z.enum(["skip", "fail", "zero"]).default("skip").register(settingNotes, {
    description: "What becomes of a text that cannot have a vector.",
    variable: "REEMBED_ON_EMPTY",
    expected: '"skip", "fail" or "zero"',
  }),
  index: z.enum(["auto", "ivf_pq", "ivf_flat", "hnsw_sq", "none"]).default("auto").register(settingNotes, {
    description: "Vector index of a new version; auto: as the active version's, or by size.",
    variable: "REEMBED_INDEX",
    expected: '"auto", "ivf_pq", "ivf_flat", "hnsw_sq" or "none"',
  }),
  vectorType: z.enum(newVectorTypes).nullable().default(null).register(settingNotes, {
    description: "What a new version's vectors are stored as; null: float32, or what the version has.",
    variable: "REEMBED_VECTOR_TYPE",
    expected: '"float32", "float16" or null',
  }),
  modelTags: z.record(name, name).default({}).register(settingNotes, {
    description: "For `adopt`: what stands in a row's model tag -> reference of the model that made it.",
    variable: null,
    expected: '{ "minilm": "bundled:all-MiniLM-L6-v2" }',
  }),
  actor: name.nullable().default(null).register(settingNotes, {
    description: "Who works, for the history of versions; null: the user at this machine.",
    variable: "REEMBED_ACTOR",
    expected: 'a name, such as "ci"',
  }),
  leaseSeconds: z.number().min(3).max(86_400).default(60).register(settingNotes, {
    description: "Seconds without a sign of life until what a process had taken is free again.",
    variable: "REEMBED_LEASE_SECONDS",
    expected: "a number of seconds, from 3 to 86400",
  }),
  stateFolder: name.nullable().default(null).register(settingNotes, {
    description: "Where finished vectors wait for their commit; null: `.reembed`, in a local database.",
    variable: "REEMBED_STATE_FOLDER",
    expected: "a folder",
  }),
  storageOptions: z.record(name, z.string()).default({}).register(settingNotes, {
    description: "How LanceDB reaches an object store, by its own names: region, endpoint, keys.",
    variable: "REEMBED_STORAGE_OPTIONS",
    expected: 'an object of texts, such as { "region": "eu-central-1" }',
    secret: true,
  }),
  retirementGraceDays: z.number().min(0).max(36_500).default(14).register(settingNotes, {
    description: "Days that a version stays for rollback after another took its place.",
    variable: "REEMBED_RETIREMENT_GRACE_DAYS",
    expected: "a number of days, 0 or more",
  }),
  gate: z
    .strictObject({
      queries: name.nullable().default(null).register(settingNotes, {
        description: "Known queries (JSONL of `_id` and `text`) that a switch is judged by.",
        variable: "REEMBED_GATE_QUERIES",
        expected: "a file name",
      }),
      qrels: name.nullable().default(null).register(settingNotes, {
        description: "Relevance judgements of those queries (TSV).",
        variable: "REEMBED_GATE_QRELS",
        expected: "a file name",
      }),
      ndcg10MaxDrop: share.default(0.01).register(settingNotes, {
        description: "How much nDCG@10 may drop, at the low end of its interval.",
        variable: "REEMBED_GATE_NDCG10_MAX_DROP",
        expected: "a number from 0 to 1",
      }),
      confidence: z.number().gt(0).lt(1).default(0.95).register(settingNotes, {
        description: "Confidence of that interval.",
        variable: "REEMBED_GATE_CONFIDENCE",
        expected: "a number between 0 and 1, such as 0.95",
      }),
      overlap10Min: share.nullable().default(null).register(settingNotes, {
        description: "Share of the first 10 results that old and new must have in common; null: not judged.",
        variable: "REEMBED_GATE_OVERLAP10_MIN",
        expected: "a number from 0 to 1, or null",
      }),
      sliceBy: name.nullable().default(null).register(settingNotes, {
        description: "Field of the queries, or column of the table, whose values are judged apart.",
        variable: "REEMBED_GATE_SLICE_BY",
        expected: "the name of a field or a column",
      }),
      sliceNdcg10MaxDrop: share.nullable().default(null).register(settingNotes, {
        description: "How much the mean nDCG@10 of any such slice may drop; null: not judged.",
        variable: "REEMBED_GATE_SLICE_NDCG10_MAX_DROP",
        expected: "a number from 0 to 1, or null",
      }),
    })
    .prefault({})
    .register(settingNotes, {
      description: "The conditions of a switch.",
      variable: null,
      expected: 'an object, such as { "ndcg10MaxDrop": 0.01 }',
    }),
  ...searchSettings,
  ...jobSettings,
  provider: providerSettingsSchema.prefault({}).register(settingNotes, {
    description: "How hosted models are used.",
    variable: null,
    expected: 'an object, such as { "share": 0.7 }',
  }),
  prices: pricesSchema.default({}).register(settingNotes, {
    description: "Your prices of a million tokens in US dollars, by `PROVIDER:MODEL`, over the table's.",
    variable: null,
    expected: '{ "openai:text-embedding-3-small": { "usdPerMTokens": 0.02, "batchUsdPerMTokens": 0.01 } }',
  }),
});

/** One layer of settings, as a file, the environment or flags give it: everything optional. */
export type Settings = z.input<typeof settingsSchema>;
