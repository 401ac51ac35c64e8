import type { DataType, Field, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { ForeignColumns, ForeignVectors } from "../core/ports-adoption.ts";
import { readRegistry } from "./registry.ts";
import { checkCorpus, planCorpus } from "./set-corpus.ts";
import { vectorTypeOf } from "./vector-values.ts";

/** What may stand in a column, and the words for it. */
interface Use {
  readonly fits: (type: DataType) => boolean;
  readonly expected: string;
}

const { DataType: is } = arrow;
const isText = (type: DataType): boolean => is.isUtf8(type) || is.isLargeUtf8(type);

const tag: Use = {
  fits: (type) =>
    isText(type) || is.isInt(type) || (is.isDictionary(type) && isText(type.dictionary as DataType)),
  expected: "a tag must be a string or an integer",
};

/** Integers are refused: they do not say whether they count seconds, milliseconds or less. */
const time: Use = {
  fits: (type) => is.isTimestamp(type) || is.isDate(type) || isText(type),
  expected: "a time must be a timestamp, a date, or text in ISO 8601",
};

/**
 * What the vector column holds, once every column named is there and of a type that can serve. Pure.
 * @throws REEMBED_CORPUS_COLUMN_MISSING, REEMBED_CORPUS_COLUMN_TYPE, REEMBED_STORE_STATE
 */
export function checkForeignColumns(table: string, schema: Schema, columns: ForeignColumns): ForeignVectors {
  checkCorpus(schema, columns.corpus);
  planCorpus(table, schema, columns.corpus);
  if (columns.model !== null) checkUse(schema, columns.model, tag);
  if (columns.version !== null) checkUse(schema, columns.version, tag);
  if (columns.embeddedAt !== null) checkUse(schema, columns.embeddedAt, time);
  const field = fieldOf(schema, columns.vector);
  const vectorType = vectorTypeOf(field.type);
  if (vectorType === null) {
    throw typeError(field, "vectors must be lists of float16, float32 or float64, of fixed size or not");
  }
  const version = readRegistry(schema).versions.find((record) => record.column === columns.vector) ?? null;
  return { vectorType, dimensions: is.isFixedSizeList(field.type) ? field.type.listSize : null, version };
}

function checkUse(schema: Schema, column: string, use: Use): void {
  const field = fieldOf(schema, column);
  if (!use.fits(field.type)) throw typeError(field, use.expected);
}

function fieldOf(schema: Schema, column: string): Field {
  const field = schema.fields.find((candidate) => candidate.name === column);
  if (field !== undefined) return field;
  throw new ReembedError(
    "REEMBED_CORPUS_COLUMN_MISSING",
    `there is no column ${JSON.stringify(column)}; the columns are ${schema.fields.map(({ name }) => name).join(", ")}`,
    { details: { column } },
  );
}

function typeError(field: Field, expected: string): ReembedError {
  return new ReembedError(
    "REEMBED_CORPUS_COLUMN_TYPE",
    `the column ${JSON.stringify(field.name)} is of type ${String(field.type)}; ${expected}`,
    { details: { column: field.name, type: String(field.type) } },
  );
}
