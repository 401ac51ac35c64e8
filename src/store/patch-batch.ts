import type { Data, Field, Schema, Table as ArrowTable } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { PatchRows } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { keyData, type KeyType } from "./key-column.ts";
import { versionSchema } from "./version-columns.ts";

/** The Arrow table of one column patch: the key and a version's three columns. Vectors are not copied. */
export function patchBatch(
  version: VersionRecord,
  key: { readonly column: string; readonly type: KeyType },
  rows: PatchRows,
): ArrowTable {
  const length = rows.keys.length;
  const { dimensions } = version.space;
  checkShape(version, rows, length * dimensions);
  const columns = versionSchema(version, dimensions, new Map());
  const keyField = new arrow.Field(key.column, key.type, true);
  const schema: Schema = new arrow.Schema([keyField, ...columns.fields]);
  const [, vector, hash, embeddedAt] = schema.fields as [Field, Field, Field, Field];

  const skipped = rows.hasVector.reduce((count, has) => count + (has === 0 ? 1 : 0), 0);
  const validity = skipped === 0 ? {} : { nullBitmap: toBitmap(rows.hasVector) };
  const times = new BigInt64Array(length).fill(BigInt(rows.embeddedAtMs));
  const values = arrow.makeData({
    type: new arrow.Float32(),
    length: length * dimensions,
    nullCount: 0,
    data: rows.vectors,
  });
  const children: Data[] = [
    keyData(rows.keys, key.type),
    arrow.makeData({ type: vector.type, length, nullCount: skipped, ...validity, child: values } as never),
    arrow.makeData({ type: hash.type, length, nullCount: 0, data: rows.sourceHashes } as never),
    arrow.makeData({ type: embeddedAt.type, length, nullCount: skipped, ...validity, data: times } as never),
  ];
  const struct = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length,
    nullCount: 0,
    children,
  });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, struct));
}

/** Flags of 0 and 1 as Arrow's bitmap, lowest bit first. */
export function toBitmap(flags: Uint8Array): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(flags.length / 64) * 8);
  for (let row = 0; row < flags.length; row += 1) {
    if (flags[row] !== 0) bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7));
  }
  return bitmap;
}

function checkShape(version: VersionRecord, rows: PatchRows, vectorValues: number): void {
  const length = rows.keys.length;
  if (
    rows.vectors.length === vectorValues &&
    rows.hasVector.length === length &&
    rows.sourceHashes.length === length
  ) {
    return;
  }
  throw new ReembedError(
    "REEMBED_INTERNAL",
    `a patch of version ${version.name} has ${length} keys, ${rows.hasVector.length} flags, ${rows.sourceHashes.length} hashes and ${rows.vectors.length} vector values; ${vectorValues} values and as many of the others as keys were expected`,
    { details: { version: version.name, dimensions: version.space.dimensions } },
  );
}
