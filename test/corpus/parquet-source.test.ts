import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { BasicType, ColumnSource } from "hyparquet-writer";
import { parquetWriteBuffer } from "hyparquet-writer";
import { openSource } from "../../src/corpus/open-source.ts";
import { sharedFolder, withoutShared } from "../support/shared-folder.ts";
import { foreignFiles } from "./support/foreign-files.ts";
import { readBatches, readRows, typesOf } from "./support/read-rows.ts";
import { rejectsWith } from "./support/reject-with.ts";
import { tempFolder } from "./support/temp-folder.ts";

const folder = tempFolder();
const open = (name: string, content: string | Uint8Array) => openSource(folder.write(name, content), "auto");

function parquet(
  columnData: ColumnSource[],
  options: { rowGroupSize?: number; codec?: "SNAPPY" | "UNCOMPRESSED"; pageSize?: number } = {},
): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

const column = (name: string, data: unknown[], type: BasicType = "STRING"): ColumnSource => ({
  name,
  data,
  type,
  nullable: true,
});

test("values and nulls over several row groups and pages", async () => {
  const rows = 20_000;
  const ids = Array.from({ length: rows }, (_, row) => `key ${row}`);
  const texts = ids.map((id, row) => (row % 7 === 0 ? null : `${id} 😀 ${"x".repeat(row % 50)}`));
  const numbers = ids.map((_, row) => (row % 5 === 0 ? null : BigInt(row) - 100n));
  const bytes = parquet([column("id", ids), column("text", texts), column("n", numbers, "INT64")], {
    rowGroupSize: 9_000,
    pageSize: 20_000,
  });
  const source = await open("groups.parquet", bytes);
  assert.deepEqual(typesOf(source.schema), { id: "Utf8", text: "Utf8", n: "Int64" });
  assert.ok(source.schema.fields.every((field) => field.nullable));
  assert.deepEqual(
    await readRows(source),
    ids.map((id, row) => ({ id, text: texts[row], n: numbers[row] })),
  );
  const batches = await readBatches(source.batches());
  assert.deepEqual(
    batches.map(({ firstRow, batch }) => [firstRow, batch.numRows]),
    [
      [1, 8192],
      [8193, 808],
      [9001, 8192],
      [17193, 808],
      [18001, 2000],
    ],
  );
  assert.equal(batches.at(-1)?.bytesRead, source.totalBytes);
});

test("keys and texts come through whatever is in them", async () => {
  const texts = [
    `'; DROP TABLE t; --`,
    `"quoted" \`tick\``,
    "\u0000\u0001\u0085\n",
    "😀 עברית",
    "",
    "x".repeat(1 << 20),
  ];
  const source = await open(
    "nasty.parquet",
    parquet([column("id", texts), column("text", texts.toReversed())]),
  );
  assert.deepEqual(
    await readRows(source),
    texts.map((id, row) => ({ id, text: texts.at(-1 - row) })),
  );
});

test("types of other writers keep their meaning; deeper nesting is JSON text", async () => {
  const source = await open("types.parquet", foreignFiles.parquetTypes);
  assert.deepEqual(typesOf(source.schema), {
    id: "Utf8",
    vec: "FixedSizeList[2]<Float32>",
    tags: "List<Utf8>",
    meta: "Utf8",
    price: "Decimal[10e+2]",
    day: "Date32<DAY>",
    at: "Timestamp<MICROSECOND>",
  });
  const [first, second] = await readRows(source);
  assert.deepEqual(
    { id: first?.["id"], vec: first?.["vec"], tags: first?.["tags"], meta: first?.["meta"] },
    { id: "a", vec: [1, 2], tags: ["x", null], meta: '{"n":1}' },
  );
  assert.equal(String(first?.["price"]), "-150");
  assert.equal(Number(first?.["day"]), Date.UTC(2020, 0, 2));
  assert.equal(Number(first?.["at"]), Date.UTC(2020, 0, 2));
  assert.deepEqual([second?.["vec"], second?.["tags"], second?.["price"]], [null, [], null]);
});

test("text that is not UTF-8 is refused with its row", async () => {
  const good = Buffer.from(parquet([column("id", ["a", "b", "?!"])], { codec: "UNCOMPRESSED" }));
  good[good.indexOf("?!")] = 0xe9;
  await rejectsWith(
    open("latin.parquet", good).then(readRows),
    "REEMBED_CORPUS_FORMAT",
    "latin.parquet, row 3",
    "UTF-8",
  );
});

test("a file cut anywhere, or damaged anywhere, is refused or read right; it never crashes", async () => {
  const ids = Array.from({ length: 3_000 }, (_, row) => `k${row}`);
  const whole = parquet([column("id", ids), column("text", ids)], { rowGroupSize: 1_000 });
  for (let cut = 0; cut < whole.length; cut += 997) {
    await rejectsWith(
      open("cut.parquet", whole.subarray(0, cut)).then(readRows),
      "REEMBED_CORPUS_FORMAT",
      "cut.parquet",
    );
  }
  for (let at = 4; at < whole.length - 1; at += 431) {
    const damaged = Uint8Array.from(whole);
    damaged.fill(0xff, at, at + 16);
    const path = folder.write("damaged.parquet", damaged);
    const rows = await openSource(path, "auto")
      .then(readRows)
      .catch((thrown: unknown) => thrown);
    if (rows instanceof Error)
      await rejectsWith(Promise.reject(rows), "REEMBED_CORPUS_FORMAT", "damaged.parquet");
    else assert.equal((rows as unknown[]).length, ids.length);
  }
});

test("Parquet where it cannot be read at any place is refused", async () => {
  const { gzipSync } = await import("node:zlib");
  const bytes = parquet([column("id", ["a"])]);
  await rejectsWith(open("p.parquet.gz", gzipSync(bytes)), "REEMBED_CORPUS_FORMAT", "Parquet inside gzip");
  const { Readable } = await import("node:stream");
  const stdin = Readable.from([Buffer.from(bytes)]);
  await rejectsWith(openSource("-", "auto", { stdin }), "REEMBED_CORPUS_FORMAT", "stdin", "from a stream");
});

test("real files: every row, and types", { skip: withoutShared }, async () => {
  const glosses = await openSource(join(sharedFolder, "data/wordnet-glosses.parquet"), "auto");
  let rows = 0;
  for await (const { batch } of glosses.batches()) rows += batch.numRows;
  assert.equal(rows, 157_554);
  const reviews = await openSource(join(sharedFolder, "data/nsmc-ko.parquet"), "auto");
  assert.deepEqual(typesOf(reviews.schema), { id: "Int64", text: "Utf8", movie_id: "Int64", rating: "Int8" });
});
