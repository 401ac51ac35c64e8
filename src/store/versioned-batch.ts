import type { Data, Field, Float, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { VersionedBatch } from "../core/row-writes.ts";
import { columnOf } from "./batch-columns.ts";
import { keyTypeOf, readKeyColumn } from "./key-column.ts";
import { patchBatch, toBitmap } from "./patch-batch.ts";
import { readRegistry, type Registry } from "./registry.ts";

/**
 * Rows in the table's own schema: the source's columns, the vectors of each version, and nulls in the
 * columns of versions that got none.
 * @param updates the columns to be written where others are to stay: versions are left alone unless a text
 * is among them
 * @throws REEMBED_STORE_STATE where a version has lost its columns since the rows were embedded
 */
export function versionedRows(
  table: { readonly name: string; readonly schema: Schema; readonly key: string },
  { batch: { batch }, versions }: VersionedBatch,
  updates?: ReadonlySet<string>,
): RecordBatch {
  const registry = readRegistry(table.schema);
  const isWritten = updates === undefined ? () => true : writtenColumns(table.key, registry, updates);
  const key = { column: table.key, type: keyTypeOf(table.schema, table.key) };
  const keys = readKeyColumn(columnOf(batch, table.key));
  const ready = new Map<string, Data>();
  for (const { version, rows } of versions) {
    const record = registry.versions.find(({ name }) => name === version.name);
    const hasColumns = table.schema.fields.some(({ name }) => name === version.column);
    if (record?.spaceId !== version.spaceId || !hasColumns) throw goneError(table.name, version.name);
    const [made] = patchBatch(version, key, { keys, ...rows }).batches;
    for (const [index, field] of (made?.schema.fields ?? []).entries()) {
      if (field.name !== table.key) ready.set(field.name, made?.data.children[index] as Data);
    }
  }
  const fields = table.schema.fields
    .filter(({ name }) => isWritten(name))
    .map((field) => new arrow.Field(field.name, field.type, field.nullable));
  const children = fields.map((field) => {
    const made = ready.get(field.name);
    if (made !== undefined) return made;
    const index = batch.schema.fields.findIndex(({ name }) => name === field.name);
    return index === -1 ? nulls(field, batch.numRows) : (batch.data.children[index] as Data);
  });
  const schema = new arrow.Schema(fields);
  const length = batch.numRows;
  const data = arrow.makeData({ type: new arrow.Struct(fields), length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data);
}

/** Whether an update writes a column: the key, what is updated, and the versions of a text that changes. */
function writtenColumns(
  key: string,
  { corpus, versions }: Registry,
  updates: ReadonlySet<string>,
): (name: string) => boolean {
  const changesText = corpus === null || corpus.text.some((name) => updates.has(name));
  const ofVersions = changesText
    ? versions.flatMap(({ column, hashColumn, embeddedAtColumn }) => [column, hashColumn, embeddedAtColumn])
    : [];
  const written = new Set([key, ...updates, ...ofVersions]);
  return (name) => written.has(name);
}

/** A column of a version without a value in any row. Lists of a fixed size have their values all the same. */
function nulls({ type }: Field, rows: number): Data {
  if (!arrow.DataType.isFixedSizeList(type)) {
    const builder = arrow.makeBuilder({ type, nullValues: [null] });
    for (let row = 0; row < rows; row += 1) builder.append(null);
    return builder.finish().toVector().data[0] as Data;
  }
  const item = (type.children[0] as Field).type as Float;
  const length = rows * type.listSize;
  const child = arrow.makeData({
    type: item,
    length,
    nullCount: 0,
    data: new item.ArrayType(length),
  } as never);
  const nullBitmap = toBitmap(new Uint8Array(rows));
  return arrow.makeData({ type, length: rows, nullCount: rows, nullBitmap, child } as never);
}

function goneError(table: string, version: string): ReembedError {
  return new ReembedError(
    "REEMBED_STORE_STATE",
    `version ${version} of table ${table} was removed while rows were being embedded for it; nothing of them was written: run it again`,
    { details: { table, version } },
  );
}
