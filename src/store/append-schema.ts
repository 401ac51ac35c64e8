import type { Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { ImportOptions } from "../core/ports.ts";
import { canonicalJson } from "../core/space.ts";
import { unfinishedImport } from "./create-importer.ts";
import { readRegistry } from "./registry.ts";
import { checkCorpus } from "./set-corpus.ts";
import { describeWriter } from "./writer-mark.ts";

/**
 * Checks that a source has the columns of a table, but for those of its versions, and answers the
 * schema in which its rows are appended.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH, REEMBED_STORE_IMPORT_UNFINISHED
 */
export function checkAppend(options: ImportOptions, table: Schema): Schema {
  const { corpus, versions } = readRegistry(table);
  const mark = unfinishedImport(table);
  if (mark !== null) {
    throw new ReembedError(
      "REEMBED_STORE_IMPORT_UNFINISHED",
      `the import into table ${options.table} has not finished (${describeWriter(mark)}); if it was killed, import it again with --mode create, which starts clean`,
      { details: { table: options.table } },
    );
  }
  checkCorpus(options.schema, options.corpus);
  if (corpus !== null && canonicalJson(corpus) !== canonicalJson(options.corpus)) {
    throw mismatch(options.table, [
      `its corpus is ${canonicalJson(corpus)}, not ${canonicalJson(options.corpus)}`,
    ]);
  }
  const ofVersions = new Set(
    versions.flatMap((version) => [version.column, version.hashColumn, version.embeddedAtColumn]),
  );
  const wanted = table.fields.filter((field) => !ofVersions.has(field.name));
  const differences: string[] = [];
  for (const field of wanted) {
    const found = options.schema.fields.find((candidate) => candidate.name === field.name);
    if (found === undefined) differences.push(`${field.name} is missing in the source`);
    else if (String(found.type) !== String(field.type)) {
      differences.push(`${field.name} is ${String(found.type)}, and ${String(field.type)} in the table`);
    }
  }
  for (const field of options.schema.fields) {
    if (!wanted.some((candidate) => candidate.name === field.name)) {
      differences.push(`${field.name} is not in the table`);
    }
  }
  if (differences.length > 0) throw mismatch(options.table, differences);
  return new arrow.Schema(wanted.map((field) => new arrow.Field(field.name, field.type, field.nullable)));
}

function mismatch(table: string, differences: readonly string[]): ReembedError {
  return new ReembedError(
    "REEMBED_CORPUS_SCHEMA_MISMATCH",
    `the source does not fit table ${table}: ${differences.join("; ")}; nothing was appended`,
    { details: { table, differences } },
  );
}
