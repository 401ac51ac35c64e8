import type { Data, DataType, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import type { EmbeddedBatch } from "../core/embedding-output.ts";
import { ReembedError } from "../core/errors.ts";
import { canonicalJson, type Space } from "../core/space.ts";

/** Columns of an output and what it says of its vectors. */
export interface OutputSchema {
  readonly schema: Schema;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The column of source hashes that belongs to a vector column, named as in a table. */
function hashColumnOf(column: string): string {
  return `${column}__hash`;
}

/**
 * The sources' columns, then the vectors and their source hashes. The space stands in the schema's
 * metadata, and on the vector column too, since a file may hold several.
 * @throws REEMBED_CORPUS_COLUMN_RESERVED where the sources have a column of one of the new names
 */
export function outputSchema(source: Schema, column: string, space: Space): OutputSchema {
  const taken = source.fields.find(({ name }) => name === column || name === hashColumnOf(column));
  if (taken !== undefined) {
    throw new ReembedError(
      "REEMBED_CORPUS_COLUMN_RESERVED",
      `the source has a column ${JSON.stringify(taken.name)} already; name the vectors otherwise with --column`,
      { details: { column: taken.name } },
    );
  }
  const metadata = new Map([
    ["reembed:space", canonicalJson(space.description)],
    ["reembed:space-id", space.id],
  ]);
  const item = new arrow.Field("item", new arrow.Float32(), true);
  const vectors = new arrow.FixedSizeList(space.description.dimensions, item);
  const fields = [
    ...source.fields,
    new arrow.Field(column, vectors, true, new Map(metadata)),
    new arrow.Field(hashColumnOf(column), new arrow.Int64(), true),
  ];
  return { schema: new arrow.Schema(fields, new Map([...source.metadata, ...metadata])), metadata };
}

/** Rows of a source, with their vectors and hashes beside them. Buffers are shared, not copied. */
export function outputBatch(schema: Schema, rows: EmbeddedBatch): RecordBatch {
  const { batch, vectors, hasVector, sourceHashes } = rows;
  const [vectorField, hashField] = schema.fields.slice(-2);
  const children = schema.fields.slice(0, -2).map(({ name }) => {
    const index = batch.schema.fields.findIndex((field) => field.name === name);
    return batch.data.children[index] as Data;
  });
  const length = batch.numRows;
  const { nullCount, nullBitmap } = validity(hasVector);
  children.push(
    arrow.makeData({
      type: vectorField?.type as DataType,
      length,
      nullCount,
      nullBitmap,
      child: arrow.makeData({
        type: new arrow.Float32(),
        length: vectors.length,
        nullCount: 0,
        data: vectors,
      }),
    } as never),
    arrow.makeData({ type: hashField?.type as DataType, length, nullCount: 0, data: sourceHashes } as never),
  );
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data);
}

/** One bit a row, lowest first. */
function validity(present: Uint8Array): { nullCount: number; nullBitmap: Uint8Array } {
  const nullBitmap = new Uint8Array(Math.ceil(present.length / 8));
  let nullCount = 0;
  for (let row = 0; row < present.length; row += 1) {
    if (present[row] === 0) nullCount += 1;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return { nullCount, nullBitmap };
}

/** Rows `[from, to)`. */
export function sliceRows(rows: EmbeddedBatch, from: number, to: number): EmbeddedBatch {
  if (from === 0 && to === rows.batch.numRows) return rows;
  const dimensions = rows.vectors.length / rows.batch.numRows;
  return {
    batch: rows.batch.slice(from, to),
    vectors: rows.vectors.subarray(from * dimensions, to * dimensions),
    hasVector: rows.hasVector.subarray(from, to),
    sourceHashes: rows.sourceHashes.subarray(from, to),
  };
}
