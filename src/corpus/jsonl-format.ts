import type { ColumnKind, TextColumn } from "./column-writer.ts";
import { formatError, shownValue } from "./corpus-error.ts";
import { columnInference } from "./infer-columns.ts";
import { exactInteger, jsonKind, mayHoldLongIntegers, parseJsonLine } from "./json-line.ts";
import type { JsonRow } from "./json-line.ts";
import { textBlocks } from "./text-blocks.ts";
import type { Cell, TextFormat, TextRow } from "./text-source.ts";

/**
 * One JSON object a line; blank lines are passed over. Nested values become JSON text, missing
 * fields null. A field that the first rows do not have, or a value that does not fit the type they
 * settled, is an error: nothing is dropped or changed in silence.
 */
export function jsonlFormat(file: string): TextFormat<JsonRow> {
  return {
    headerRows: 0,
    rows: (chunks) => jsonRows(chunks, file),
    columns(firstRows) {
      const inference = columnInference("json");
      for (const { row } of firstRows) {
        for (const name of Object.keys(row)) inference.see(name, jsonKind(row[name]));
      }
      return inference.columns();
    },
    cells: (columns) => jsonCells(columns, file),
  };
}

async function* jsonRows(
  chunks: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<readonly TextRow<JsonRow>[], void> {
  for await (const { text, firstLine } of textBlocks(chunks, file)) {
    const rows: TextRow<JsonRow>[] = [];
    // Looked for once a block: most files have none, and looking in every line costs more.
    const hasLongIntegers = mayHoldLongIntegers(text);
    let line = firstLine;
    for (let start = 0; start < text.length; line += 1) {
      const newline = text.indexOf("\n", start);
      const end = newline === -1 ? text.length : newline;
      const json = text.slice(start, end);
      if (json.trim() !== "") {
        const row = parseJsonLine(json, line, file, hasLongIntegers && mayHoldLongIntegers(json));
        rows.push({ row, line, length: json.length });
      }
      start = end + 1;
    }
    yield rows;
  }
}

function jsonCells(columns: readonly TextColumn[], file: string): (row: TextRow<JsonRow>) => readonly Cell[] {
  const names = new Set(columns.map((column) => column.name));
  const cells: Cell[] = columns.map(() => null);
  return ({ row, line }) => {
    let found = 0;
    columns.forEach(({ name, kind }, index) => {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (value !== undefined) found += 1;
      const cell = value === undefined || value === null ? null : cellMakers[kind](value);
      if (cell === undefined) throw mismatchError(file, line, name, kind, value);
      cells[index] = cell;
    });
    const fields = Object.keys(row);
    if (found !== fields.length) {
      throw unknownFieldError(file, line, fields.find((field) => !names.has(field)) ?? "", [...names]);
    }
    return cells;
  };
}

/** Value -> cell of that kind of column; undefined where it does not fit. */
const cellMakers: Readonly<Record<ColumnKind, (value: unknown) => Cell | undefined>> = {
  integer: (value) => (Number.isSafeInteger(value) ? (value as number) : (exactInteger(value) ?? undefined)),
  float: (value) => (typeof value === "number" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  string: (value) => (typeof value === "string" ? value : undefined),
  json: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
};

const kindNames: Readonly<Record<ColumnKind, string>> = {
  integer: "integers",
  float: "numbers",
  boolean: "true or false",
  string: "strings",
  json: "JSON",
};

function mismatchError(file: string, line: number, column: string, kind: ColumnKind, value: unknown): Error {
  return formatError(
    file,
    `the value ${shownValue(value)} of "${column}" does not fit: the first rows hold ${kindNames[kind]}`,
    "write the column with one type in every row",
    { line, column, value: shownValue(value) },
  );
}

function unknownFieldError(file: string, line: number, column: string, names: readonly string[]): Error {
  return formatError(
    file,
    `the field "${column}" is not in the first rows, which have ${names.map((name) => `"${name}"`).join(", ")}`,
    "write it in the first row too (null will do), or leave it out everywhere",
    { line, column },
  );
}
