import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Table } from "apache-arrow";
import { arrow } from "../../src/arrow.ts";
import { openSource } from "../../src/corpus/open-source.ts";
import { foreignFiles } from "./support/foreign-files.ts";
import { readBatches, readRows, typesOf } from "./support/read-rows.ts";
import { rejectsWith } from "./support/reject-with.ts";
import { tempFolder } from "./support/temp-folder.ts";

const folder = tempFolder();
const open = (name: string, content: string | Uint8Array) => openSource(folder.write(name, content), "auto");

const texts = ["a", null, `'; DROP TABLE t; --`, "\u0000\u0085\n", "😀", "", "x".repeat(1 << 20)];

function sample(): Table {
  return new arrow.Table({
    id: arrow.vectorFromArray(
      texts.map((_, row) => BigInt(row)),
      new arrow.Int64(),
    ),
    text: arrow.vectorFromArray(texts, new arrow.Utf8()),
    large: arrow.vectorFromArray(texts, new arrow.LargeUtf8()),
    dict: arrow.vectorFromArray(texts, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
    flag: arrow.vectorFromArray([true, null, false, true, true, false, null], new arrow.Bool()),
    vector: arrow.vectorFromArray(
      texts.map((text, row) => (text === null ? null : [row, -row])),
      new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Float32(), true)),
    ),
    tags: arrow.vectorFromArray(
      texts.map((text, row) => (text === null ? null : Array.from({ length: row }, () => "t"))),
      new arrow.List(new arrow.Field("item", new arrow.Utf8(), true)),
    ),
  });
}

const expected = texts.map((text, row) => ({
  id: BigInt(row),
  text,
  large: text,
  dict: text,
  flag: [true, null, false, true, true, false, null][row],
  vector: text === null ? null : [row, row === 0 ? -0 : -row],
  tags: text === null ? null : Array.from({ length: row }, () => "t"),
}));

test("file and stream give the same rows, with text as plain Utf8", async () => {
  for (const kind of ["file", "stream"] as const) {
    const source = await open(`${kind}.arrow`, arrow.tableToIPC(sample(), kind));
    assert.deepEqual(typesOf(source.schema), {
      id: "Int64",
      text: "Utf8",
      large: "Utf8",
      dict: "Utf8",
      flag: "Bool",
      vector: "FixedSizeList[2]<Float32>",
      tags: "List<Utf8>",
    });
    assert.ok(source.schema.fields.every((field) => field.nullable));
    assert.deepEqual(await readRows(source), expected);
  }
});

/** Content in pieces of so many bytes, as they might come through a pipe. */
function pieces(content: Buffer, bytes: number): Readable {
  const count = Math.ceil(content.length / bytes);
  return Readable.from(
    Array.from({ length: count }, (_, at) => content.subarray(at * bytes, (at + 1) * bytes)),
  );
}

test("a stream from standard input, in pieces of any size, plain or compressed", async () => {
  const bytes = Buffer.from(arrow.tableToIPC(sample(), "stream"));
  for (const content of [bytes, gzipSync(bytes)]) {
    const source = await openSource("-", "auto", { stdin: pieces(content, 7_001) });
    assert.equal(source.name, "stdin");
    assert.equal(source.totalBytes, null);
    assert.deepEqual(await readRows(source), expected);
  }
});

test("a file from standard input, if it can be read from its start", async () => {
  const source = await openSource("-", "auto", { stdin: pieces(foreignFiles.featherZstd, 100) });
  assert.equal((await readRows(source)).length, 60);
  const schemaAtEnd = Buffer.from(arrow.tableToIPC(sample(), "file"));
  await rejectsWith(
    openSource("-", "auto", { stdin: pieces(schemaAtEnd, 7_001) }),
    "REEMBED_CORPUS_FORMAT",
    "stdin",
    "save it as a file",
  );
});

test("a large batch comes out as batches of at most 8,192 rows", async () => {
  const values = Array.from({ length: 20_001 }, (_, row) => (row % 3 === 0 ? null : `v${row}`));
  const flags = values.map((_, row) => (row % 5 === 0 ? null : row % 2 === 0));
  const table = new arrow.Table({
    text: arrow.vectorFromArray(values, new arrow.Utf8()),
    flag: arrow.vectorFromArray(flags, new arrow.Bool()),
  });
  const source = await open("large.arrow", arrow.tableToIPC(table, "file"));
  assert.deepEqual(
    (await readBatches(source.batches())).map(({ firstRow, batch }) => [firstRow, batch.numRows]),
    [
      [1, 8192],
      [8193, 8192],
      [16385, 3617],
    ],
  );
  assert.deepEqual(
    await readRows(source),
    values.map((text, row) => ({ text, flag: flags[row] })),
  );
});

test("files of other writers: compressed buffers, views, large kinds, dictionaries", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const long = `a longer text, number ${row} é😀`;
    const text = row % 7 === 0 ? null : row % 2 === 1 ? `s${row}` : long;
    return {
      id: `k${row}`,
      view: text,
      large: text,
      dict: row % 11 === 0 ? null : `c${row % 3}`,
      vec: row % 13 === 0 ? null : [row, -1],
      tags: ["a", "b"].slice(0, row % 3),
    };
  });
  for (const content of [foreignFiles.featherLz4, foreignFiles.featherZstd]) {
    const source = await open("foreign.feather", content);
    assert.deepEqual(typesOf(source.schema), {
      id: "Utf8",
      view: "Utf8",
      large: "Utf8",
      dict: "Utf8",
      vec: "FixedSizeList[2]<Float32>",
      tags: "List<Utf8>",
    });
    assert.deepEqual(await readRows(source), rows);
  }
  assert.deepEqual(await readRows(await open("polars.ipc", foreignFiles.polarsFile)), [
    { id: "a", text: "short" },
    { id: "b", text: "a text that is too long to be inline" },
  ]);
  assert.deepEqual(await readRows(await open("delta.arrows", foreignFiles.dictionaryDelta)), [
    { id: "r0a", dict: "c0" },
    { id: "r0b", dict: "c0" },
    { id: "r1a", dict: "c1" },
    { id: "r1b", dict: "c0" },
  ]);
});

test("types that are not read are refused by name", async () => {
  const table = new arrow.Table({
    id: arrow.vectorFromArray(["a"], new arrow.Utf8()),
    span: arrow.vectorFromArray([new Int32Array([1, 2])], new arrow.IntervalDayTime()),
  });
  await rejectsWith(
    open("interval.arrow", arrow.tableToIPC(table, "file")),
    "REEMBED_CORPUS_FORMAT",
    'the column "span" is of type interval',
  );
});

test("a file or stream cut anywhere is refused", async () => {
  const small = new arrow.Table({ id: arrow.vectorFromArray(["a", "b", null], new arrow.Utf8()) });
  for (const kind of ["file", "stream"] as const) {
    const whole = arrow.tableToIPC(small, kind);
    for (let cut = 8; cut < whole.length - 8; cut += 7) {
      await rejectsWith(
        open("cut.arrow", whole.subarray(0, cut)).then(readRows),
        "REEMBED_CORPUS_FORMAT",
        "cut.arrow",
        /cut short|damaged/,
      );
    }
  }
});

test("damage anywhere is refused or read, and never crashes", async () => {
  const whole = foreignFiles.featherLz4;
  for (let at = 8; at < whole.length; at += 61) {
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, at, at + 8);
    const read = await open("damaged.arrow", damaged)
      .then(readRows)
      .catch((thrown: unknown) => thrown);
    if (read instanceof Error) await rejectsWith(Promise.reject(read), "REEMBED_CORPUS_FORMAT");
  }
});
