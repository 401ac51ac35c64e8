import { resolve } from "node:path";
import { isHitLog } from "../../core/hits.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";
import { usageError } from "../parse-arguments.ts";

/** Flags of commands that order units by use. */
export const hitsFlags = {
  emergency: {
    kind: "switch",
    about: "the rows that are asked for most come first, by --hits or the setting search.hits",
  },
  hits: {
    kind: "text",
    placeholder: "COLUMN|FILE",
    about: "column of counts, or log of the keys that were found (JSONL), that tells which these are",
  },
} as const satisfies FlagSpecs;

/** Where the hits stand that units are to be ordered by; undefined without an emergency. @throws REEMBED_USAGE */
export function hitsOf(
  { emergency, hits }: FlagValues<typeof hitsFlags>,
  configured: string | null,
  cwd: string,
): string | undefined {
  if (hits !== undefined) return isHitLog(hits) ? resolve(cwd, hits) : hits;
  if (!emergency) return undefined;
  if (configured !== null) return configured;
  throw usageError(
    "--emergency must know which rows are asked for most: give --hits COLUMN or --hits FILE.jsonl, or set search.hits",
  );
}
