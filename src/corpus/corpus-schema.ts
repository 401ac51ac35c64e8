import type { DataType, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Source } from "../core/ports.ts";
import type { CorpusColumns } from "../core/words.ts";
import { checkColumnNames } from "./column-names.ts";
import { nearestName } from "../core/nearest-name.ts";

/**
 * The schema of a source, once it is sure that a corpus can be made of it.
 * @throws REEMBED_CORPUS_COLUMN_MISSING, REEMBED_CORPUS_COLUMN_TYPE, REEMBED_CORPUS_COLUMN_RESERVED
 */
export function corpusSchema(source: Source, corpus: CorpusColumns): Schema {
  const types = new Map(source.schema.fields.map((field) => [field.name, field.type as DataType]));
  checkColumn(source.name, types, "key", corpus.key, isKeyType, "a string or integer column");
  checkTextColumns(source, corpus.text);
  checkColumnNames([...source.schema.names] as string[], source.name);
  return source.schema;
}

/** Refuses a source without these columns of text. @throws as `corpusSchema` */
export function checkTextColumns(source: Source, text: readonly string[]): void {
  const types = new Map(source.schema.fields.map((field) => [field.name, field.type as DataType]));
  for (const column of text) {
    checkColumn(source.name, types, "text", column, arrow.DataType.isUtf8, "a string column");
  }
}

/**
 * Refuses sources whose columns differ from the first one's.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH
 */
export function checkSameSchema(first: Source, other: Source): void {
  const difference = schemaDifference(first.schema, other.schema);
  if (difference === null) return;
  throw new ReembedError(
    "REEMBED_CORPUS_SCHEMA_MISMATCH",
    `${other.name} does not have the columns of ${first.name}: ${difference}; ` +
      "import files with the same columns and types together, others into a table of their own",
    { details: { files: [first.name, other.name], difference } },
  );
}

function checkColumn(
  file: string,
  types: ReadonlyMap<string, DataType>,
  role: "key" | "text",
  column: string,
  isRight: (type: DataType) => boolean,
  wanted: string,
): void {
  const type = types.get(column);
  const fail = (code: ErrorCode, problem: string, advice: string, details: object): never => {
    throw new ReembedError(code, `${file}: ${problem}; ${advice}`, {
      details: { file, column, role, ...details },
    });
  };
  if (type === undefined) {
    const columns = [...types.keys()];
    const nearest = nearestName(column, columns);
    const listed =
      columns.length === 0 ? "has no columns" : `has the columns ${columns.map(quoted).join(", ")}`;
    fail(
      "REEMBED_CORPUS_COLUMN_MISSING",
      `there is no ${role} column ${quoted(column)}; it ${listed}`,
      nearest === null ? `name one of them with --${role}` : `perhaps --${role} ${nearest}?`,
      { columns, nearest },
    );
  } else if (!isRight(type)) {
    fail(
      "REEMBED_CORPUS_COLUMN_TYPE",
      `the ${role} column ${quoted(column)} holds ${arrowTypeName(type)}, but must be ${wanted}`,
      `name another with --${role}, or convert it in the file`,
      { type: arrowTypeName(type) },
    );
  }
}

/** Arrow's own name of a type, with its width: `Float64`, `List<Utf8>`. */
function arrowTypeName(type: { toString(): string }): string {
  return type.toString();
}

function isKeyType(type: DataType): boolean {
  return arrow.DataType.isUtf8(type) || arrow.DataType.isInt(type);
}

/** The first way in which two schemas differ; null where they are the same but for order of fields' metadata. */
function schemaDifference(first: Schema, other: Schema): string | null {
  const types = new Map(other.fields.map((field) => [field.name, String(field.type)]));
  for (const field of first.fields) {
    const type = types.get(field.name);
    if (type === undefined) return `${quoted(field.name)} is missing`;
    if (type !== String(field.type)) {
      return `${quoted(field.name)} holds ${type} there and ${String(field.type)} here`;
    }
  }
  const names = new Set(first.fields.map((field) => field.name));
  const added = other.fields.find((field) => !names.has(field.name));
  if (added !== undefined) return `${quoted(added.name)} is new`;
  const moved = first.fields.find((field, index) => other.fields[index]?.name !== field.name);
  return moved === undefined ? null : `the columns stand in another order (${quoted(moved.name)})`;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
