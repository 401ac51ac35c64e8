import type { SearchResult } from "../../core/verbs.ts";
import { formatCountOf, formatMilliseconds, formatScore } from "../../observe/quantities.ts";
import { line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { jsonText } from "../json-text.ts";

/** Characters of a cell in a result for people: a text may be a megabyte. */
const cellChars = 240;

export const searchCommand = defineTableCommand({
  about:
    "Searches a table with the active version: its column, and its own model for the query, read together, " +
    "so that vectors of two spaces are never compared.",
  argument: { placeholder: "TEXT", about: "what to look for", many: false },
  flags: {
    limit: { kind: "count", placeholder: "N", default: 10, about: "hits to return" },
    version: { kind: "text", placeholder: "NAME", about: "search this version; default: the active one" },
    where: { kind: "text", placeholder: "SQL", about: "only rows for which this holds" },
    exact: { kind: "switch", about: "compare with every vector instead of using the index" },
  },
  examples: [
    ['reembed search "a small domesticated feline" --table docs', "the ten nearest"],
    ["reembed search tax --table docs --version v2 --where \"lang = 'en'\" --json", "for a program"],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { args, flags }) =>
    engine.search({
      text: args[0] ?? "",
      limit: flags.limit,
      version: flags.version,
      where: flags.where,
      exact: flags.exact,
    }),
  present(result: SearchResult) {
    const columns = [...new Set(result.hits.flatMap((hit) => Object.keys(hit.row)))].filter(
      // The key stands in a column of its own already.
      (column) => !result.hits.every((hit) => String(hit.row[column]) === String(hit.key)),
    );
    const found = `${formatCountOf(result.hits.length, "hit")} from ${result.version} in ${formatMilliseconds(result.latencyMs)}`;
    if (result.hits.length === 0) return [line(found)];
    return [
      table(
        ["distance", "key", ...columns],
        result.hits.map((hit) => [
          formatScore(hit.distance),
          String(hit.key),
          ...columns.map((column) => cellOf(hit.row[column])),
        ]),
        { cut: columns },
      ),
      line(found),
    ];
  },
});

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : jsonText(value);
  return text.length <= cellChars ? text : `${text.slice(0, cellChars).toWellFormed()}…`;
}
