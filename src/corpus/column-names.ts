import { ReembedError } from "../core/errors.ts";

/** Names that LanceDB gives to columns of its own in the results of a query or a search. */
const resultColumns: ReadonlySet<string> = new Set(["_distance", "_score", "_relevance_score"]);

interface NameRule {
  readonly refuses: (name: string) => boolean;
  readonly why: string;
}

/** Which names a table's columns may not have, and why. Source: tried on LanceDB 0.39. */
const nameRules: readonly NameRule[] = [
  { refuses: (name) => name === "", why: "is empty" },
  { refuses: (name) => name.startsWith("_row"), why: "is reserved by LanceDB for row ids" },
  { refuses: (name) => resultColumns.has(name), why: "is what LanceDB calls a column of search results" },
  {
    refuses: (name) => name.startsWith("__"),
    why: "begins with `__`, which is reserved for internal columns",
  },
  { refuses: (name) => name.includes("."), why: "holds a dot, which LanceDB reads as a field of a struct" },
  { refuses: (name) => name.includes("`"), why: "holds a backtick, with which LanceDB quotes names" },
];

/**
 * Refuses columns that a table cannot have.
 * @throws REEMBED_CORPUS_COLUMN_RESERVED
 */
export function checkColumnNames(names: readonly string[], file: string): void {
  names.forEach((name, index) => {
    const why =
      names.indexOf(name) === index
        ? nameRules.find((rule) => rule.refuses(name))?.why
        : "stands for more than one column";
    if (why === undefined) return;
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_RESERVED",
      `${file}: the column name ${JSON.stringify(name)} ${why}; rename the column`,
      { details: { file, column: name } },
    );
  });
}
