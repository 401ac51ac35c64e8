import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { openSource } from "../../src/corpus/open-source.ts";
import { readRows, typesOf } from "./support/read-rows.ts";
import { rejectsWith } from "./support/reject-with.ts";
import { tempFolder } from "./support/temp-folder.ts";

const folder = tempFolder();
const open = (name: string, content: string | Uint8Array) => openSource(folder.write(name, content), "auto");

test("quotes, doubled quotes, delimiters and newlines inside values", async () => {
  const source = await open(
    "quotes.csv",
    '\uFEFFid,text\r\na,"say ""hi"", twice"\r\nb,"two\nlines\r\n"\r\nc,it\'s "bare"\r\nd,\r\ne,""\r\n',
  );
  assert.deepEqual(await readRows(source), [
    { id: "a", text: 'say "hi", twice' },
    { id: "b", text: "two\nlines\r\n" },
    { id: "c", text: 'it\'s "bare"' },
    { id: "d", text: null },
    { id: "e", text: "" },
  ]);
});

test("columns of bare numbers are numbers, everything else is text", async () => {
  const source = await open(
    "types.csv",
    'int,float,mixed,zeros,quoted,big,none,plus\n1,1,1,007,"1",9007199254740993,,+1\n-2,2.50,x,010,"2",1,,2\n,,,,,,,\n',
  );
  assert.deepEqual(typesOf(source.schema), {
    int: "Int64",
    float: "Float64",
    mixed: "Utf8",
    zeros: "Utf8",
    quoted: "Utf8",
    big: "Utf8",
    none: "Utf8",
    plus: "Utf8",
  });
  assert.deepEqual((await readRows(source)).slice(0, 2), [
    {
      int: 1n,
      float: 1,
      mixed: "1",
      zeros: "007",
      quoted: "1",
      big: "9007199254740993",
      none: null,
      plus: "+1",
    },
    { int: -2n, float: 2.5, mixed: "x", zeros: "010", quoted: "2", big: "1", none: null, plus: "2" },
  ]);
});

test("other delimiters: by name for tabs, else by the first line", async () => {
  const rows = [{ id: "a", text: "b,c" }];
  assert.deepEqual(await readRows(await open("a.tsv", "id\ttext\na\tb,c\n")), rows);
  assert.deepEqual(await readRows(await open("a.tsv.gz", gzipSync("id\ttext\na\tb,c\n"))), rows);
  assert.deepEqual(await readRows(await open("a.csv.zst", zstdCompressSync("id;text\na;b,c\n"))), rows);
});

test("an unnamed column is called by its place", async () => {
  assert.deepEqual(await readRows(await open("index.csv", ",text\n0,a\n")), [{ column_1: 0n, text: "a" }]);
});

test("a record that spans many reads, with a megabyte in one value", async () => {
  const long = `"x",\n`.repeat(1 << 18);
  const source = await open("long.csv", `id,text\n1,"${long.replaceAll('"', '""')}"\n2,z\n`);
  assert.deepEqual(await readRows(source), [
    { id: 1n, text: long },
    { id: 2n, text: "z" },
  ]);
});

test("what does not parse is refused with its line", async () => {
  const cases: readonly [string, string, string][] = [
    ["id,text\na,b\n\nc\n", "line 4", "1 values where the header has 2"],
    ['id,text\n"a\nb",c\nd,e,f\n', "line 4", "3 values where the header has 2"],
    ['id,text\na,"b" c\n', "line 2", "text after a closing quote"],
    ['id,text\na,"b\nc\n', "line 2", "never closed"],
    ["id,id\na,b\n", "line 1", 'names the column "id" twice'],
  ];
  for (const [content, line, says] of cases) {
    await rejectsWith(
      open("bad.csv", content).then(readRows),
      "REEMBED_CORPUS_FORMAT",
      `bad.csv, ${line}`,
      says,
    );
  }
  await rejectsWith(
    open("latin.csv", Buffer.from("id,text\na,caf\xe9\n", "latin1")),
    "REEMBED_CORPUS_FORMAT",
    "latin.csv, line 2",
  );
});

test("a later value that does not fit names line, column and value", async () => {
  const head = `id,rate\n${"1,0.5\n".repeat(10_000)}`;
  for (const [row, says] of [
    ["x,1\n", '"x" of "id"'],
    ["1.5,1\n", '"1.5" of "id"'],
    ['"2",1\n', '"2" of "id"'],
    ["2,high\n", '"high" of "rate"'],
  ] as const) {
    const source = await open("late.csv", head + row);
    await rejectsWith(readRows(source), "REEMBED_CORPUS_FORMAT", "late.csv, line 10002", says);
  }
});
