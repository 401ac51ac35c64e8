import type { Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { columnTypes } from "./column-writer.ts";
import type { ColumnKind, TextColumn } from "./column-writer.ts";

/** Rows, and UTF-16 units of text, that are looked at to settle the types of a text format's columns. */
export const windowRows = 10_000;
export const windowLength = 8 << 20;

/** Kinds seen so far of a column; null where only nulls were. */
type SeenKind = ColumnKind | null;

/** Notes the kinds of values and settles each column on the narrowest kind that holds them all. */
export interface ColumnInference {
  see(name: string, kind: SeenKind): void;
  /** Order: as the names were first seen. */
  columns(): TextColumn[];
}

/** @param onlyNulls the kind of a column of which no value was seen */
export function columnInference(onlyNulls: ColumnKind): ColumnInference {
  const seen = new Map<string, SeenKind>();
  return {
    see(name, kind) {
      const before = seen.get(name);
      if (before === undefined) seen.set(name, kind);
      else if (kind !== null && before !== kind) seen.set(name, before === null ? kind : wider(before, kind));
    },
    columns: () => [...seen].map(([name, kind]) => ({ name, kind: kind ?? onlyNulls })),
  };
}

/** The columns as an Arrow schema: everything may be null. */
export function columnsSchema(columns: readonly TextColumn[]): Schema {
  return new arrow.Schema(
    columns.map((column) => new arrow.Field(column.name, columnTypes[column.kind](), true)),
  );
}

function wider(a: ColumnKind, b: ColumnKind): ColumnKind {
  const numbers = (a === "integer" && b === "float") || (a === "float" && b === "integer");
  return numbers ? "float" : "json";
}
