/**
 * Why the Parquet writer is the one it is: rows of 384 floats written by parquet-wasm (Arrow's Rust
 * implementation) with each compression, and by hyparquet-writer (plain JavaScript).
 *
 *     node scripts/measure-parquet-writers.ts [rows]
 */
import { createRequire } from "node:module";
import type { RecordBatch } from "apache-arrow";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { arrow } from "../src/arrow.ts";

const dimensions = 384;
const batchRows = 8192;

type ParquetWasm = typeof import("parquet-wasm");
const wasm = createRequire(import.meta.url)("parquet-wasm") as ParquetWasm;

/** Random directions: what vectors look like to a compressor. */
function makeBatch(first: number): RecordBatch {
  const values = Float32Array.from({ length: batchRows * dimensions }, () => Math.random() - 0.5);
  const item = new arrow.Field("item", new arrow.Float32(), true);
  const child = arrow.makeData({
    type: new arrow.Float32(),
    length: values.length,
    nullCount: 0,
    data: values,
  });
  const type = new arrow.FixedSizeList(dimensions, item);
  const vectors = arrow.makeVector(arrow.makeData({ type, length: batchRows, nullCount: 0, child }));
  const ids = Array.from({ length: batchRows }, (_, row) => `document ${first + row}`);
  const table = new arrow.Table({ id: arrow.vectorFromArray(ids, new arrow.Utf8()), vector: vectors });
  return table.batches[0] as RecordBatch;
}

/** Bytes written. Each batch is one row group. */
function writeWasm(batches: readonly RecordBatch[], codec: "UNCOMPRESSED" | "SNAPPY" | "ZSTD"): number {
  let bytes = 0;
  for (const batch of batches) {
    const properties = new wasm.WriterPropertiesBuilder()
      .setCompression(wasm.Compression[codec])
      .setDictionaryEnabled(false)
      .setStatisticsEnabled(wasm.EnabledStatistics.None)
      .build();
    const table = wasm.Table.fromIPCStream(arrow.tableToIPC(new arrow.Table([batch]), "stream"));
    bytes += wasm.writeParquet(table, properties).length;
  }
  return bytes;
}

function writePlain(batches: readonly RecordBatch[]): number {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    codec: "UNCOMPRESSED",
    statistics: false,
    schema: [
      { name: "root", num_children: 2 },
      { name: "id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "vector", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      { name: "item", type: "FLOAT", repetition_type: "OPTIONAL" },
    ],
  });
  for (const batch of batches) {
    const vectors = [...(batch.getChild("vector") ?? [])] as { toArray(): Float32Array }[];
    void file.write({
      columnData: [
        { name: "id", data: [...(batch.getChild("id") ?? [])], encoding: "PLAIN" },
        { name: "vector", data: vectors.map((vector) => [...vector.toArray()]), encoding: "PLAIN" },
      ],
      rowGroupSize: batchRows,
    });
  }
  void file.finish();
  return writer.offset;
}

const rows = Number(process.argv[2] ?? 4 * batchRows);
const batches = Array.from({ length: Math.ceil(rows / batchRows) }, (_, index) =>
  makeBatch(index * batchRows),
);
const written = batches.length * batchRows;

const ways: readonly (readonly [name: string, write: () => number])[] = [
  ["parquet-wasm, uncompressed", () => writeWasm(batches, "UNCOMPRESSED")],
  ["parquet-wasm, snappy", () => writeWasm(batches, "SNAPPY")],
  ["parquet-wasm, zstd", () => writeWasm(batches, "ZSTD")],
  ["hyparquet-writer, uncompressed", () => writePlain(batches)],
];
for (const [name, write] of ways) {
  const startMs = performance.now();
  const bytes = write();
  const seconds = (performance.now() - startMs) / 1000;
  const rate = Math.round(written / seconds).toLocaleString("en");
  const rss = Math.round(process.memoryUsage().rss / 1e6);
  console.log(`${name}: ${rate} rows/s, ${(bytes / written).toFixed(0)} bytes a row, ${rss} MB resident`);
}
