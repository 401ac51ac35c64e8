import type { DataType, Field, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { Source } from "../core/ports.ts";
import { recordBatch } from "./arrow-data.ts";
import { batchRows } from "./batch-limits.ts";
import { shownValue } from "./corpus-error.ts";

const name = "rows";

/**
 * Rows of a program as a source with these columns; what a row lacks is null.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH for a column that is none of them, REEMBED_CORPUS_COLUMN_TYPE
 */
export function rowSource(rows: readonly Readonly<Record<string, unknown>>[], columns: Schema): Source {
  const schema = new arrow.Schema(
    columns.fields.map((field) => new arrow.Field(field.name, field.type, true)),
  );
  const known = new Set(schema.fields.map((field) => field.name));
  for (const [index, row] of rows.entries()) {
    const strange = Object.keys(row).find((column) => !known.has(column));
    if (strange === undefined) continue;
    throw new ReembedError(
      "REEMBED_CORPUS_SCHEMA_MISMATCH",
      `row ${index + 1} has ${JSON.stringify(strange)}, which is no column of the table; it has ${[...known].join(", ")}`,
      { details: { row: index + 1, column: strange } },
    );
  }
  return {
    name,
    schema,
    totalBytes: null,
    async *batches() {
      for (let from = 0; from < rows.length; from += batchRows) {
        const batch = batchOf(schema, rows.slice(from, from + batchRows), from);
        yield { batch, file: name, firstRow: from + 1, bytesRead: 0 };
      }
    },
  };
}

function batchOf(
  schema: Schema,
  rows: readonly Readonly<Record<string, unknown>>[],
  from: number,
): RecordBatch {
  const children = schema.fields.map((field) => {
    const values = rows.map((row, index) => valueFor(field, row[field.name], from + index + 1));
    const column = arrow.vectorFromArray(values, field.type as DataType);
    const [data] = column.data;
    if (data === undefined) throw new ReembedError("REEMBED_INTERNAL", `column ${field.name} was not made`);
    return data;
  });
  return recordBatch(schema, rows.length, children);
}

/** What Arrow is given for a value: strings, integers and numbers are checked, for it would bend them. */
function valueFor({ name: column, type }: Field, value: unknown, row: number): unknown {
  if (value === undefined || value === null) return null;
  const fail = (wanted: string): never => {
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_TYPE",
      `row ${row}: column ${JSON.stringify(column)} holds ${shownValue(value)}, and ${wanted} is expected`,
      { details: { row, column } },
    );
  };
  if (arrow.DataType.isUtf8(type)) return typeof value === "string" ? value : fail("a string");
  if (arrow.DataType.isBool(type)) return typeof value === "boolean" ? value : fail("true or false");
  if (arrow.DataType.isFloat(type)) return typeof value === "number" ? value : fail("a number");
  if (arrow.DataType.isInt(type)) {
    const whole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    if (!whole) return fail("an integer");
    const wide = BigInt(value);
    const held = type.isSigned ? BigInt.asIntN(type.bitWidth, wide) : BigInt.asUintN(type.bitWidth, wide);
    if (held !== wide) return fail(`an integer of ${type.bitWidth} bits`);
    return type.bitWidth === 64 ? wide : Number(wide);
  }
  return value;
}
