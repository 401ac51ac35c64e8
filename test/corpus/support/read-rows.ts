import type { RecordBatch, Schema } from "apache-arrow";
import type { Source, SourceBatch } from "../../../src/core/ports.ts";

/** Every batch of a source. */
export async function readBatches(batches: AsyncIterable<SourceBatch>): Promise<SourceBatch[]> {
  return Array.fromAsync(batches);
}

/** Every row of a source as a plain object; lists become arrays. */
export async function readRows(source: Source): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const { batch } of source.batches()) rows.push(...batchRows(batch));
  return rows;
}

/** Name -> type of a schema's fields, as text. */
export function typesOf(schema: Schema): Record<string, string> {
  return Object.fromEntries(schema.fields.map((field) => [field.name, String(field.type)]));
}

function batchRows(batch: RecordBatch): Record<string, unknown>[] {
  const names = batch.schema.fields.map((field) => field.name);
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, plain(batch.getChild(name)?.get(row))])),
  );
}

function plain(value: unknown): unknown {
  if (value !== null && typeof value === "object" && "toArray" in value && Symbol.iterator in value) {
    return [...(value as Iterable<unknown>)].map(plain);
  }
  return value;
}
