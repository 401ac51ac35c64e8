import type { Schema } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import type { Source } from "../core/ports.ts";
import { checkColumnNames } from "./column-names.ts";
import { checkSameSchema, checkTextColumns } from "./corpus-schema.ts";

/**
 * The sources that have columns, and those columns, once it is sure that they have these texts and all
 * the same columns. A source without rows may have no columns to speak of, and is left out.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH, REEMBED_CORPUS_COLUMN_MISSING, REEMBED_CORPUS_COLUMN_TYPE,
 *   REEMBED_CORPUS_COLUMN_RESERVED, REEMBED_CORPUS_EMPTY
 */
export function embeddableSources(
  sources: readonly Source[],
  text: readonly string[],
): { readonly schema: Schema; readonly sources: readonly Source[] } {
  const filled = sources.filter((source) => source.schema.fields.length > 0);
  const [first, ...others] = filled;
  if (first === undefined) {
    const names = sources.map((source) => source.name);
    throw new ReembedError(
      "REEMBED_CORPUS_EMPTY",
      `there are no rows and no columns in ${names.join(", ")}; give a source with at least one row`,
      { details: { sources: names } },
    );
  }
  for (const source of filled) checkTextColumns(source, text);
  checkColumnNames([...first.schema.names] as string[], first.name);
  for (const source of others) checkSameSchema(first, source);
  return { schema: first.schema, sources: filled };
}
