import { type Emphasis, renderFields, renderTable, type Table } from "./table.ts";
import { printableText, wrapText } from "./text-width.ts";

/** A part of what a command answers to people. */
export type Block =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "command"; readonly text: string }
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "fields"; readonly fields: readonly (readonly [label: string, value: string])[] };

/** A sentence. */
export function line(text: string): Block {
  return { kind: "line", text };
}

/** A command line to copy: on one line however long, since a break would change it. */
export function commandLine(text: string): Block {
  return { kind: "command", text };
}

/** A table; what gives way on a narrow terminal is named in `narrow`. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  narrow: Pick<Table, "cut" | "spare"> = {},
): Block {
  return { kind: "table", table: { columns, rows, ...narrow } };
}

/** Labelled values, one a line; those with an empty value are left out. */
export function fields(entries: readonly (readonly [label: string, value: string])[]): Block {
  return { kind: "fields", fields: entries };
}

const spacious: ReadonlySet<Block["kind"]> = new Set(["table", "fields"]);

/** The lines of a report, with an empty line around each table and list. */
export function renderReport(
  blocks: readonly Block[],
  terminalColumns: number,
  emphasis: Emphasis,
): string[] {
  return blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    const apart = before !== undefined && (spacious.has(before.kind) || spacious.has(block.kind));
    return [...(apart ? [""] : []), ...renderBlock(block, terminalColumns, emphasis)];
  });
}

function renderBlock(block: Block, terminalColumns: number, emphasis: Emphasis): string[] {
  switch (block.kind) {
    case "line":
      return wrapText(printableText(block.text), terminalColumns);
    case "command":
      return [`  ${printableText(block.text)}`];
    case "table":
      return renderTable(block.table, terminalColumns, emphasis);
    case "fields":
      return renderFields(block.fields, terminalColumns, emphasis);
  }
}
