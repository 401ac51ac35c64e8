import type { Data, Field, Schema, Table as ArrowTable } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import { countKeys } from "../core/key-column.ts";
import type { PatchRows } from "../core/ports.ts";
import type { VectorType } from "../core/vector-type.ts";
import type { VersionRecord } from "../core/version.ts";
import { keyData, type KeyType } from "./key-column.ts";
import { encodeValues, valueType } from "./vector-values.ts";
import { versionSchema } from "./version-columns.ts";

/**
 * The Arrow table of one column patch: the key and a version's three columns, or two of them where the
 * vectors stay as they are. float32 vectors are not copied.
 */
export function patchBatch(
  version: VersionRecord,
  key: { readonly column: string; readonly type: KeyType },
  rows: PatchRows,
): ArrowTable {
  const length = countKeys(rows.keys);
  checkShape(version, rows);
  const keyField = new arrow.Field(key.column, key.type, true);
  const vectors = { dimensions: version.space.dimensions, type: version.vectorType };
  const [vector, hash, embeddedAt] = versionSchema(version, vectors, new Map()).fields as [
    Field,
    Field,
    Field,
  ];

  const skipped = rows.hasVector.reduce((count, has) => count + (has === 0 ? 1 : 0), 0);
  const validity = skipped === 0 ? {} : { nullBitmap: toBitmap(rows.hasVector) };
  const times = timesOf(rows);
  const companions: [Field, Data][] = [
    [hash, arrow.makeData({ type: hash.type, length, nullCount: 0, data: rows.sourceHashes } as never)],
    [
      embeddedAt,
      arrow.makeData({
        type: embeddedAt.type,
        length,
        nullCount: skipped,
        ...validity,
        data: times,
      } as never),
    ],
  ];
  const columns: [Field, Data][] = [[keyField, keyData(rows.keys, key.type)], ...companions];
  if (rows.vectors !== null) {
    const child = valueData(rows.vectors, version.vectorType);
    columns.splice(1, 0, [
      vector,
      arrow.makeData({ type: vector.type, length, nullCount: skipped, ...validity, child } as never),
    ]);
  }
  const schema: Schema = new arrow.Schema(columns.map(([field]) => field));
  const struct = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length,
    nullCount: 0,
    children: columns.map(([, data]) => data),
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

function valueData(vectors: Float32Array, type: VectorType): Data {
  const values = encodeValues(vectors, type);
  return arrow.makeData({
    type: valueType(type),
    length: values.length,
    nullCount: 0,
    data: values,
  } as never);
}

function timesOf({ keys, embeddedAtMs }: PatchRows): BigInt64Array {
  if (typeof embeddedAtMs === "number") return new BigInt64Array(countKeys(keys)).fill(BigInt(embeddedAtMs));
  return BigInt64Array.from(embeddedAtMs, (timeMs) => BigInt(timeMs));
}

function checkShape(version: VersionRecord, rows: PatchRows): void {
  const length = countKeys(rows.keys);
  const vectorValues = length * version.space.dimensions;
  const times = typeof rows.embeddedAtMs === "number" ? length : rows.embeddedAtMs.length;
  const values = rows.vectors === null ? vectorValues : rows.vectors.length;
  if (
    values === vectorValues &&
    times === length &&
    rows.hasVector.length === length &&
    rows.sourceHashes.length === length
  ) {
    return;
  }
  throw new ReembedError(
    "REEMBED_INTERNAL",
    `a patch of version ${version.name} has ${length} keys, ${rows.hasVector.length} flags, ${rows.sourceHashes.length} hashes, ${times} times and ${values} vector values; ${vectorValues} values and as many of the others as keys were expected`,
    { details: { version: version.name, dimensions: version.space.dimensions } },
  );
}
