import { cutToWidth, padToWidth, printableText, textWidth } from "./text-width.ts";

/** A table for people. Each row has one cell per column. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Titles of columns whose cells may be cut with an ellipsis where space is short. */
  readonly cut?: readonly string[] | undefined;
}

/** What marks a heading, such as bold on a terminal that has it. */
export type Emphasis = (text: string) => string;

const gapColumns = 2;

/** A cell that may be cut keeps at least this width; below it the fields are stacked instead. */
const leastCutColumns = 16;

/** `117,791`, `-0.02`, `41.3k texts/s`, `12 min 5 s`, `$20.00`, `<0.1 %`, `-`. */
const quantity = /^(?:-|[-+<$]*\d[\d.,]*(?:\s?[\p{L}%/]+)*(?:\s\d+\s\p{L}+)?)$/u;

/**
 * Lines of a table: numbers to the right, everything else to the left. Where it is wider than the
 * terminal, cells that may be cut are; where that is not enough, each row becomes a stack of
 * `title  cell` lines.
 */
export function renderTable(table: Table, terminalColumns: number, emphasis: Emphasis): string[] {
  const rows = table.rows.map((row) => table.columns.map((_, index) => printableText(row[index] ?? "")));
  const widths = fitWidths(table, rows, terminalColumns);
  return widths === null
    ? stackRows(table, rows, terminalColumns, emphasis)
    : alignRows(table, rows, widths, emphasis);
}

/** The width of each column, or null where the table cannot be made to fit. */
function fitWidths(
  table: Table,
  rows: readonly (readonly string[])[],
  terminalColumns: number,
): number[] | null {
  const widths = table.columns.map((title, index) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? "")), textWidth(title)),
  );
  const sum = widths.reduce((total, width) => total + width, 0);
  let excess = sum + gapColumns * (widths.length - 1) - terminalColumns;
  const cuttable = table.columns.flatMap((title, index) => (table.cut?.includes(title) ? [index] : []));
  while (excess > 0) {
    // The widest of them gives way first, so that a short one is not cut for nothing.
    const [widest] = cuttable.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined || (widths[widest] ?? 0) <= leastCutColumns) return null;
    const next = cuttable.reduce(
      (most, index) => (index === widest ? most : Math.max(most, widths[index] ?? 0)),
      leastCutColumns,
    );
    const width = widths[widest] ?? 0;
    const given = Math.min(excess, Math.max(1, width - next));
    widths[widest] = width - given;
    excess -= given;
  }
  return widths;
}

function alignRows(
  table: Table,
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  emphasis: Emphasis,
): string[] {
  const sides = table.columns.map((_, index) =>
    rows.length > 0 && rows.every((row) => row[index] === "" || quantity.test(row[index] ?? ""))
      ? ("right" as const)
      : ("left" as const),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return padToWidth(cutToWidth(cell, width), width, sides[index] ?? "left");
      })
      .join(" ".repeat(gapColumns))
      .trimEnd();
  return [emphasis(line(table.columns)), ...rows.map(line)];
}

function stackRows(
  table: Table,
  rows: readonly (readonly string[])[],
  terminalColumns: number,
  emphasis: Emphasis,
): string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...renderFields(
      table.columns.map((title, column) => [title, row[column] ?? ""] as const),
      terminalColumns,
      emphasis,
      table.cut,
    ),
  ]);
}

/** Lines of `label  value`, labels padded to the longest. Empty values are left out. */
export function renderFields(
  fields: readonly (readonly [label: string, value: string])[],
  terminalColumns: number,
  emphasis: Emphasis,
  cut: readonly string[] = [],
): string[] {
  const shown = fields.filter(([, value]) => value !== "");
  const labelColumns = shown.reduce((widest, [label]) => Math.max(widest, textWidth(label)), 0);
  return shown.map(([label, value]) => {
    const room = Math.max(leastCutColumns, terminalColumns - labelColumns - gapColumns);
    const text = printableText(value);
    const cell = cut.includes(label) ? cutToWidth(text, room) : text;
    return `${emphasis(padToWidth(label, labelColumns, "left"))}${" ".repeat(gapColumns)}${cell}`;
  });
}
