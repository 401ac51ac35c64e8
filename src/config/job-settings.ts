import { z } from "zod";
import { type Follow, followChoices } from "../core/verbs-jobs.ts";
import { settingNotes } from "./setting-notes.ts";
import { webAddress } from "./web-address.ts";

/** What the jobs do by themselves, and what they know of providers. */
export interface JobSettings {
  readonly jobs: { readonly follow: Follow };
  readonly deprecations: { readonly files: readonly string[]; readonly url: string | null };
  readonly alerts: { readonly webhook: string | null };
}

/** Members of the table of settings. Order: as documented. */
export const jobSettings = {
  jobs: z
    .strictObject({
      follow: z.enum(followChoices).default("never").register(settingNotes, {
        description: "What jobs do where `model` is no version yet: tell, fill it, or fill it and switch.",
        variable: "REEMBED_JOBS_FOLLOW",
        expected: '"never", "backfill" or "switch"',
      }),
    })
    .prefault({})
    .register(settingNotes, {
      description: "What `run-jobs` and `serve` do by themselves.",
      variable: null,
      expected: 'an object, such as { "follow": "backfill" }',
    }),
  deprecations: z
    .strictObject({
      files: z.array(z.string().min(1)).default([]).register(settingNotes, {
        description:
          "Calendars of models that end (JSONL), over that of `datasets/providers/deprecations.jsonl`.",
        variable: "REEMBED_DEPRECATIONS_FILES",
        expected: 'a list of file names, such as ["ends.jsonl"]',
      }),
      url: webAddress.nullable().default(null).register(settingNotes, {
        description: "Address of such a calendar, over the shipped one and under your files.",
        variable: "REEMBED_DEPRECATIONS_URL",
        expected: "an http or https address without a user name and password",
        secret: true,
      }),
    })
    .prefault({})
    .register(settingNotes, {
      description: "What is known of models that providers end.",
      variable: null,
      expected: 'an object, such as { "files": ["ends.jsonl"] }',
    }),
  alerts: z
    .strictObject({
      webhook: webAddress.nullable().default(null).register(settingNotes, {
        description: "Address that `run-jobs` and `serve` post alerts to, signed and once each.",
        variable: "REEMBED_ALERTS_WEBHOOK",
        expected: "an http or https address without a user name and password",
        secret: true,
      }),
    })
    .prefault({})
    .register(settingNotes, {
      description: "Who is told of models that end and of jobs that fail.",
      variable: null,
      expected: 'an object, such as { "webhook": "https://hooks.example.org/reembed" }',
    }),
} as const;
