import type { Settings } from "../../config/load-config.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";
import { usageError } from "../parse-arguments.ts";

/** Flags that say which columns make up the corpus of a table that reembed did not import. */
export const corpusFlags = {
  key: {
    kind: "text",
    placeholder: "COLUMN",
    about: "column of unique keys, for a table that was not imported by reembed",
  },
  text: {
    kind: "list",
    separator: ",",
    placeholder: "COLUMN[,COLUMN]",
    about: "text columns of such a table, joined in this order",
  },
} as const satisfies FlagSpecs;

/** The same as a setting. @throws REEMBED_USAGE where one is given without the other */
export function corpusSetting(flags: FlagValues<typeof corpusFlags>): Settings {
  const { key, text } = flags;
  if (key === undefined && text === undefined) return {};
  if (key === undefined) throw usageError("--text needs --key COLUMN beside it: the column of unique keys");
  if (text === undefined) throw usageError("--key needs --text COLUMN[,COLUMN] beside it");
  return { corpus: { key, text: [...text] } };
}
