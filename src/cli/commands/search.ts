import { type FoundRow, missingPolicies, searchModes, type SearchResult } from "../../core/search.ts";
import { formatCountOf, formatMilliseconds, formatScore } from "../../observe/quantities.ts";
import { line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { jsonText } from "../../core/json-text.ts";

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
    mode: {
      kind: "choice",
      choices: searchModes,
      default: "vector",
      about: "by nearness, by the words of the full-text index, or by both, joined by rank",
    },
    missing: {
      kind: "choice",
      choices: missingPolicies,
      about:
        "rows that the version lacks: tell how many, or find them in the version before, joined by rank; default: report",
    },
    refineFactor: {
      kind: "count",
      placeholder: "N",
      about: "compare N times as many candidates of a compressed index in full",
    },
    exact: { kind: "switch", about: "compare with every vector instead of using the index" },
  },
  examples: [
    ['reembed search "a small domesticated feline" --table docs', "the ten nearest"],
    ["reembed search tax --table docs --version v2 --where \"lang = 'en'\" --json", "for a program"],
    ['reembed search "rfc 9110" --table docs --mode hybrid', "by nearness and by words"],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { args, flags }) =>
    engine.search({
      text: args[0] ?? "",
      limit: flags.limit,
      version: flags.version,
      where: flags.where,
      exact: flags.exact,
      mode: flags.mode,
      missing: flags.missing,
      refineFactor: flags.refineFactor,
    }),
  present(result: SearchResult) {
    const columns = [...new Set(result.hits.flatMap((hit) => Object.keys(hit.row)))].filter(
      // The key stands in a column of its own already.
      (column) => !result.hits.every((hit) => String(hit.row[column]) === String(hit.key)),
    );
    const { missing } = result;
    const lacking =
      missing.rows === 0
        ? []
        : [
            line(
              `${result.version} lacks ${formatCountOf(missing.rows, "row")}: ${missing.servedBy === null ? "they cannot be found; run reembed backfill" : `${missing.servedBy} was asked for them, with its own model`}`,
            ),
            ...(missing.reason === undefined ? [] : [line(missing.reason)]),
          ];
    const kept = result.fromCache ? [line("the query's vector is kept from an earlier search")] : [];
    const joined = result.hits.some((hit) => hit.score !== undefined);
    const found = `${formatCountOf(result.hits.length, "hit")} from ${result.version} in ${formatMilliseconds(result.latencyMs)}`;
    const notes = [...kept, ...lacking];
    if (result.hits.length === 0) return [line(found), ...notes];
    return [
      table(
        ["distance", ...(joined ? ["found by"] : []), "key", ...columns],
        result.hits.map((hit) => [
          hit.distance === null ? "-" : formatScore(hit.distance),
          ...(joined ? [foundBy(hit)] : []),
          String(hit.key),
          ...columns.map((column) => cellOf(hit.row[column])),
        ]),
        { cut: columns },
      ),
      line(found),
      ...notes,
    ];
  },
});

function foundBy(hit: FoundRow): string {
  return hit.version ?? "words";
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : jsonText(value);
  return text.length <= cellChars ? text : `${text.slice(0, cellChars).toWellFormed()}…`;
}
