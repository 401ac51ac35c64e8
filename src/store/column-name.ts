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
