import { type Emphasis, renderFields, renderTable, type Table } from "./table.ts";
import { printableText, wrapText } from "./text-width.ts";

/** A part of what a command answers to people. */
export type Block =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "fields"; readonly fields: readonly (readonly [label: string, value: string])[] };

/** A sentence. */
export function line(text: string): Block {
  return { kind: "line", text };
}

/** A table; `cut` names the columns whose cells may be shortened. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  cut: readonly string[] = [],
): Block {
  return { kind: "table", table: { columns, rows, cut } };
}

/** Labelled values, one a line; those with an empty value are left out. */
export function fields(entries: readonly (readonly [label: string, value: string])[]): Block {
  return { kind: "fields", fields: entries };
}

/** The lines of a report, with an empty line around each table and list. */
export function renderReport(
  blocks: readonly Block[],
  terminalColumns: number,
  emphasis: Emphasis,
): string[] {
  return blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    const apart = before !== undefined && (before.kind !== "line" || block.kind !== "line");
    return [...(apart ? [""] : []), ...renderBlock(block, terminalColumns, emphasis)];
  });
}

function renderBlock(block: Block, terminalColumns: number, emphasis: Emphasis): string[] {
  switch (block.kind) {
    case "line":
      return wrapText(printableText(block.text), terminalColumns);
    case "table":
      return renderTable(block.table, terminalColumns, emphasis);
    case "fields":
      return renderFields(block.fields, terminalColumns, emphasis);
  }
}
