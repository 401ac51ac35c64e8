import { ReembedError } from "../core/errors.ts";

/**
 * Names that Lance gives to its own virtual columns.
 * Source: Lance's reserved system columns, lance-core 12.
 */
const systemColumns: ReadonlySet<string> = new Set([
  "_rowid",
  "_rowaddr",
  "_rowoffset",
  "_distance",
  "_score",
  "_relevance_score",
  "_row_last_updated_at_version",
  "_row_created_at_version",
]);

/** A column's name as Lance's SQL quotes it. */
export function quoteColumn(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A column's name as LanceDB reports it for an index, without the quotes that it adds. */
export function unquoteColumn(name: string): string {
  return name.startsWith("`") && name.endsWith("`") ? name.slice(1, -1).replaceAll("``", "`") : name;
}

/**
 * Refuses column names that Lance cannot hold, or can hold but not merge on.
 * @throws REEMBED_CORPUS_COLUMN_RESERVED
 */
export function checkColumnName(name: string): void {
  if (systemColumns.has(name)) {
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_RESERVED",
      `column ${JSON.stringify(name)} has the name of one of Lance's own columns; rename it in the source`,
      { details: { column: name } },
    );
  }
  if (name === "" || /[.`"]/.test(name)) {
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_RESERVED",
      `Lance cannot store a column named ${JSON.stringify(name)}: names must not be empty and must not hold a dot, a double quote or a backtick; rename it in the source`,
      { details: { column: name } },
    );
  }
}

/**
 * Refuses key columns whose name Lance's index look-up must quote: for those a merge silently rewrites
 * whole rows, although the index is there.
 * Source: tried one by one with Lance 12: letters of any script, digits and `_` keep rows in place;
 * spaces, dashes, slashes, colons and apostrophes do not.
 * @throws REEMBED_CORPUS_COLUMN_RESERVED
 */
export function checkKeyName(name: string): void {
  checkColumnName(name);
  if (/^[\p{L}\p{N}_]+$/u.test(name)) return;
  throw new ReembedError(
    "REEMBED_CORPUS_COLUMN_RESERVED",
    `column ${JSON.stringify(name)} cannot be the key: Lance finds rows by the key's index only if its name is of letters, digits and _; rename it in the source, or choose another key`,
    { details: { column: name } },
  );
}
