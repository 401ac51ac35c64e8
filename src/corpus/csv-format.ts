import type { ColumnKind, TextColumn } from "./column-writer.ts";
import { formatError, shownValue } from "./corpus-error.ts";
import { csvRecords } from "./csv-records.ts";
import type { CsvField } from "./csv-records.ts";
import { columnInference } from "./infer-columns.ts";
import type { Cell, TextFormat, TextRow } from "./text-source.ts";

type CsvRow = readonly CsvField[];

/** A decimal number without leading zeros or plus sign, so that `007` and `+1` stay text. */
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const integerText = /^(?:0|-?[1-9]\d*)$/;

/**
 * A header, then one record a row. A quoted value is text; a column whose first values are all bare
 * numbers is a column of numbers. A bare empty value is null, a quoted one the empty string.
 */
export function csvFormat(file: string, delimiter: string): TextFormat<CsvRow> {
  return {
    headerRows: 1,
    rows: (chunks) => csvRecords(chunks, delimiter, file),
    columns: (firstRows) => csvColumns(firstRows, file),
    cells: (columns) => csvCells(columns, file),
  };
}

function csvColumns(firstRows: readonly TextRow<CsvRow>[], file: string): TextColumn[] {
  const header = firstRows[0];
  if (header === undefined) return [];
  const names = headerNames(header, file);
  const inference = columnInference("string");
  for (const name of names) inference.see(name, null);
  for (const record of firstRows.slice(1)) {
    checkWidth(record, names.length, file);
    names.forEach((name, index) => inference.see(name, fieldKind(record.row[index])));
  }
  // Numbers beside text are text.
  return inference.columns().map(({ name, kind }) => ({ name, kind: kind === "json" ? "string" : kind }));
}

function headerNames(header: TextRow<CsvRow>, file: string): string[] {
  const names = header.row.map(({ text }, index) => (text === "" ? `column_${index + 1}` : text));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw formatError(file, `the header names the column "${twice}" twice`, "give each column its own name", {
    line: header.line,
    column: twice,
  });
}

function fieldKind(field: CsvField | undefined): ColumnKind | null {
  if (field === undefined || isNull(field)) return null;
  if (field.isQuoted || !numberText.test(field.text)) return "string";
  if (integerText.test(field.text)) return Number.isSafeInteger(Number(field.text)) ? "integer" : "string";
  return Number.isFinite(Number(field.text)) ? "float" : "string";
}

function csvCells(columns: readonly TextColumn[], file: string): (row: TextRow<CsvRow>) => readonly Cell[] {
  const cells: Cell[] = columns.map(() => null);
  return (record) => {
    checkWidth(record, columns.length, file);
    columns.forEach(({ name, kind }, index) => {
      const field = record.row[index];
      if (field === undefined || isNull(field)) {
        cells[index] = null;
      } else if (kind === "string") {
        cells[index] = field.text;
      } else {
        const found = fieldKind(field);
        if (found !== kind && !(kind === "float" && found === "integer")) {
          throw mismatchError(file, record.line, name, kind, field.text);
        }
        cells[index] = Number(field.text);
      }
    });
    return cells;
  };
}

function isNull(field: CsvField): boolean {
  return field.text === "" && !field.isQuoted;
}

function checkWidth(record: TextRow<CsvRow>, width: number, file: string): void {
  if (record.row.length === width) return;
  throw formatError(
    file,
    `${record.row.length} values where the header has ${width}`,
    "quote values that hold the delimiter, a quote or a newline",
    { line: record.line, found: record.row.length, expected: width },
  );
}

function mismatchError(file: string, line: number, column: string, kind: ColumnKind, text: string): Error {
  const held = kind === "integer" ? "whole numbers" : "numbers";
  return formatError(
    file,
    `the value ${shownValue(text)} of "${column}" does not fit: the first rows hold ${held}`,
    "correct it, or quote the column's values so that it is read as text",
    { line, column, value: shownValue(text) },
  );
}
