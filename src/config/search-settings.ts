import { z } from "zod";
import { parseByteSize } from "../core/byte-size.ts";
import { missingPolicies, type MissingPolicy } from "../core/search.ts";
import { settingNotes } from "./setting-notes.ts";

/** How searches are answered where a row or a model is missing. */
export interface SearchSettings {
  readonly search: {
    readonly missing: MissingPolicy;
    readonly queryCache: boolean;
    readonly queryCacheSize: string;
    readonly patienceSeconds: number;
    readonly hits: string | null;
  };
}

/** Below this a folder of the cache holds a handful of long vectors: switching it off says more. */
const leastCacheBytes = 1_000_000;

/** Members of the table of settings. Order: as documented. */
export const searchSettings = {
  search: z
    .strictObject({
      missing: z.enum(missingPolicies).default("report").register(settingNotes, {
        description:
          "Rows that the searched version lacks: tell how many, or find them in the version before.",
        variable: "REEMBED_SEARCH_MISSING",
        expected: '"report" or "fuse"',
      }),
      queryCache: z.boolean().default(true).register(settingNotes, {
        description: "Keep the vectors of queries, so that known ones are answered while a model is down.",
        variable: "REEMBED_SEARCH_QUERY_CACHE",
        expected: "true or false",
      }),
      queryCacheSize: z
        .string()
        .refine((written) => (parseByteSize(written) ?? 0) >= leastCacheBytes)
        .default("64MB")
        .register(settingNotes, {
          description: "What these vectors may take on disk, in the state folder.",
          variable: "REEMBED_SEARCH_QUERY_CACHE_SIZE",
          expected: 'a size from 1MB on, such as "64MB"',
        }),
      patienceSeconds: z.number().positive().max(3600).default(10).register(settingNotes, {
        description: "Seconds that a search waits for a hosted model.",
        variable: "REEMBED_SEARCH_PATIENCE_SECONDS",
        expected: "a number of seconds, up to 3600",
      }),
      hits: z.string().min(1).nullable().default(null).register(settingNotes, {
        description: "Column of counts, or log of hits (JSONL), that tells the hottest rows in an emergency.",
        variable: "REEMBED_SEARCH_HITS",
        expected: 'the name of a column, or of a file such as "./hits.jsonl"',
      }),
    })
    .prefault({})
    .register(settingNotes, {
      description: "How searches are answered where a row or a model is missing.",
      variable: null,
      expected: 'an object, such as { "missing": "fuse" }',
    }),
} as const;
