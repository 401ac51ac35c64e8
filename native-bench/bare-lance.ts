/**
 * The ceiling of the store: LanceDB alone, without versions, guards or leases.
 *
 *     echo run | node native-bench/bare-lance.ts append|scan ROWS DIMENSIONS
 *
 * `append` writes batches of keys and float32 vectors into a new table, 32,768 rows a time; `scan`
 * reads the texts of a table of so many rows. Rates are of rows.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Table } from "@lancedb/lancedb";
import { Field, Float32, FixedSizeList, Int64, makeData, RecordBatch, Schema, Struct } from "apache-arrow";
import { Table as ArrowTable, Utf8, vectorFromArray } from "apache-arrow";
import { serveRounds } from "./serve-rounds.ts";

const [kind, rowsWritten, dimensionsWritten] = process.argv.slice(2);
const rows = Number(rowsWritten);
const dimensions = Number(dimensionsWritten);
if ((kind !== "append" && kind !== "scan") || !(rows > 0) || !(dimensions > 0)) {
  throw new Error("usage: node native-bench/bare-lance.ts append|scan ROWS DIMENSIONS");
}
const batchRows = 32_768;
const folder = await mkdtemp(join(tmpdir(), "bare-lance-"));
const database = await connect(folder);
let tables = 0;

function keyField(): Field {
  return new Field("id", new Int64(), false);
}

function keysFrom(from: number, count: number) {
  const data = BigInt64Array.from({ length: count }, (_, row) => BigInt(from + row));
  return makeData({ type: new Int64(), length: count, nullCount: 0, data });
}

function tableOf(fields: Field[], children: unknown[], count: number): ArrowTable {
  const struct = makeData({
    type: new Struct(fields),
    length: count,
    nullCount: 0,
    children: children as never,
  });
  const schema = new Schema(fields);
  return new ArrowTable(schema, new RecordBatch(schema, struct));
}

const values = Float32Array.from({ length: batchRows * dimensions }, (_, index) => Math.sin(index));

function vectorsFrom(from: number): ArrowTable {
  const count = Math.min(batchRows, rows - from);
  const type = new FixedSizeList(dimensions, new Field("item", new Float32(), true));
  const data = values.subarray(0, count * dimensions);
  const child = makeData({ type: new Float32(), length: data.length, nullCount: 0, data });
  const vectors = makeData({ type, length: count, nullCount: 0, child });
  return tableOf([keyField(), new Field("vector", type, true)], [keysFrom(from, count), vectors], count);
}

function textsFrom(from: number): ArrowTable {
  const count = Math.min(batchRows, rows - from);
  const texts = Array.from(
    { length: count },
    (_, row) => `the definition of word number ${from + row}, about sixty bytes`,
  );
  const column = vectorFromArray(texts, new Utf8()).data[0];
  return tableOf([keyField(), new Field("text", new Utf8(), true)], [keysFrom(from, count), column], count);
}

async function write(batchFrom: (from: number) => ArrowTable): Promise<Table> {
  let table: Table | null = null;
  const name = `t${(tables += 1)}`;
  for (let from = 0; from < rows; from += batchRows) {
    const batch = batchFrom(from);
    if (table === null) table = await database.createTable(name, batch);
    else await table.add(batch);
  }
  if (table === null) throw new Error("no rows");
  return table;
}

async function append(): Promise<number> {
  const started = performance.now();
  const table = await write(vectorsFrom);
  const seconds = (performance.now() - started) / 1000;
  await database.dropTable(table.name);
  return rows / seconds;
}

const scanned = kind === "scan" ? await write(textsFrom) : null;

async function scan(table: Table): Promise<number> {
  const started = performance.now();
  let read = 0;
  for await (const batch of table.query().select(["id", "text"])) read += batch.numRows;
  if (read !== rows) throw new Error(`${read} of ${rows} rows were read`);
  return rows / ((performance.now() - started) / 1000);
}

await serveRounds({
  run: () => (scanned === null ? append() : scan(scanned)),
  async close() {
    database.close();
    await rm(folder, { recursive: true });
  },
});
