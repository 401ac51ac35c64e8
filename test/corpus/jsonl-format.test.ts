import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { openSource } from "../../src/corpus/open-source.ts";
import { readBatches, readRows, typesOf } from "./support/read-rows.ts";
import { rejectsWith } from "./support/reject-with.ts";
import { tempFolder } from "./support/temp-folder.ts";

const folder = tempFolder();

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const open = (name: string, content: string | Uint8Array) => openSource(folder.write(name, content), "auto");

test("types are settled by the first rows, and everything may be null", async () => {
  const source = await open(
    "types.jsonl",
    lines([
      { id: "a", int: 1, float: 1, bool: true, mixed: 1, nested: { a: [1] }, empty: null },
      { id: "b", int: null, float: 1.5, bool: false, mixed: "x", nested: [2], extra: "y" },
      { id: "c" },
    ]),
  );
  assert.deepEqual(typesOf(source.schema), {
    id: "Utf8",
    int: "Int64",
    float: "Float64",
    bool: "Bool",
    mixed: "Utf8",
    nested: "Utf8",
    empty: "Utf8",
    extra: "Utf8",
  });
  assert.ok(source.schema.fields.every((field) => field.nullable));
  assert.deepEqual(await readRows(source), [
    { id: "a", int: 1n, float: 1, bool: true, mixed: "1", nested: '{"a":[1]}', empty: null, extra: null },
    { id: "b", int: null, float: 1.5, bool: false, mixed: "x", nested: "[2]", empty: null, extra: "y" },
    { id: "c", int: null, float: null, bool: null, mixed: null, nested: null, empty: null, extra: null },
  ]);
});

test("keys and texts come through whatever is in them", async () => {
  const texts = [
    `'; DROP TABLE t; --`,
    `"quoted", 'single', \`tick\``,
    "\u0000\u0001\u001f\u007f\u0085",
    "line\nline\r\nline\u2028line",
    "😀👩‍👩‍👧 עברית ไทย",
    "",
    "x".repeat(1 << 20),
  ];
  const source = await open(
    "nasty.jsonl",
    lines(texts.map((text, index) => ({ id: `${index}${text.slice(0, 9)}`, text }))),
  );
  assert.deepEqual(
    (await readRows(source)).map(({ text }) => text),
    texts,
  );
});

test("a lone surrogate, which UTF-8 cannot say, becomes the replacement character", async () => {
  const source = await open("surrogate.jsonl", '{"id":"\\ud800x","text":"a\\udc00"}\n');
  assert.deepEqual(await readRows(source), [{ id: "\ufffdx", text: "a\ufffd" }]);
});

test("integers beyond 2^53 are exact, beyond 64 bits they are text", async () => {
  const source = await open(
    "long.jsonl",
    '{"id":9007199254740993,"big":18446744073709551616,"nested":{"n":9007199254740993}}\n' +
      '{"id":-9223372036854775808,"big":1,"nested":[]}\n',
  );
  assert.deepEqual(typesOf(source.schema), { id: "Int64", big: "Utf8", nested: "Utf8" });
  assert.deepEqual(await readRows(source), [
    { id: 9007199254740993n, big: "18446744073709551616", nested: '{"n":9007199254740993}' },
    { id: -9223372036854775808n, big: "1", nested: "[]" },
  ]);
});

test("names that every object inherits are names like others", async () => {
  const source = await open("proto.jsonl", '{"id":"a","constructor":"c","__proto__":"p"}\n{"id":"b"}\n');
  assert.deepEqual((await readRows(source))[1], JSON.parse('{"id":"b","constructor":null,"__proto__":null}'));
});

test("blank lines, CRLF, a byte order mark and a missing last newline are fine", async () => {
  const source = await open("crlf.jsonl", '\uFEFF{"id":1}\r\n\r\n  \n{"id":2}');
  assert.deepEqual(await readRows(source), [{ id: 1n }, { id: 2n }]);
});

test("gzip and zstd are read, also of several members or frames", async () => {
  const [first, second] = [lines([{ id: "a" }]), lines([{ id: "b" }])];
  const rows = [{ id: "a" }, { id: "b" }];
  assert.deepEqual(
    await readRows(await open("a.jsonl.gz", Buffer.concat([gzipSync(first), gzipSync(second)]))),
    rows,
  );
  const frames = Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)]);
  assert.deepEqual(await readRows(await open("a.jsonl.zst", frames)), rows);
});

test("batches have at most 8,192 rows and know where they stand", async () => {
  const source = await open("many.jsonl", lines(Array.from({ length: 20_000 }, (_, id) => ({ id }))));
  const batches = await readBatches(source.batches());
  assert.deepEqual(
    batches.map(({ batch, firstRow }) => [firstRow, batch.numRows]),
    [
      [1, 8192],
      [8193, 8192],
      [16385, 3616],
    ],
  );
  assert.equal(batches.at(-1)?.bytesRead, source.totalBytes);
});

test("long texts close a batch early", async () => {
  const text = "y".repeat(1 << 20);
  const source = await open("wide.jsonl", lines(Array.from({ length: 40 }, (_, id) => ({ id, text }))));
  assert.deepEqual(
    (await readBatches(source.batches())).map(({ batch }) => batch.numRows),
    [16, 16, 8],
  );
});

test("what is not a JSON object a line is refused with its line", async () => {
  for (const [bad, says] of [
    ['{"id":2', "not valid JSON"],
    ["[1]", "expected a JSON object"],
    ["null", "expected a JSON object"],
    ['"text"', "expected a JSON object"],
  ] as const) {
    const error = await rejectsWith(
      open("bad.jsonl", `{"id":1}\n\n${bad}\n`),
      "REEMBED_CORPUS_FORMAT",
      "bad.jsonl, line 3",
      says,
    );
    assert.equal(error.details["line"], 3);
  }
  await rejectsWith(open("array.json", '[{"id":1}]'), "REEMBED_CORPUS_FORMAT", "JSON array", "jq -c");
});

test("a later row that does not fit names file, line, column and value", async () => {
  const rows: unknown[] = Array.from({ length: 10_000 }, (_, id) => ({
    id,
    name: "n",
    rate: 0.5,
    flag: true,
  }));
  const cases: readonly [unknown, string][] = [
    [{ id: "ten" }, '"ten" of "id"'],
    [{ id: 1.5 }, '1.5 of "id"'],
    [{ id: 1, name: 7 }, '7 of "name"'],
    [{ id: 1, rate: "high" }, '"high" of "rate"'],
    [{ id: 1, flag: 1 }, '1 of "flag"'],
    [{ id: 1, other: 1 }, '"other" is not in the first rows'],
  ];
  for (const [row, says] of cases) {
    const source = await open("late.jsonl", lines([...rows, row]));
    await rejectsWith(readRows(source), "REEMBED_CORPUS_FORMAT", "late.jsonl, line 10001", says);
  }
});

test("text that is not UTF-8 is refused with its line", async () => {
  const latin = Buffer.concat([Buffer.from('{"id":1}\n{"id":"'), Buffer.from([0xe9]), Buffer.from('"}\n')]);
  await rejectsWith(open("latin.jsonl", latin), "REEMBED_CORPUS_FORMAT", "latin.jsonl, line 2", "UTF-8");
  const utf16 = Buffer.from('\uFEFF{"id":1}\n', "utf16le");
  await rejectsWith(open("utf16.jsonl", utf16), "REEMBED_CORPUS_FORMAT", "UTF-16", "iconv");
});

test("reading ends when the signal aborts", async () => {
  const source = await open("abort.jsonl", lines(Array.from({ length: 20_000 }, (_, id) => ({ id }))));
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _batch of source.batches(controller.signal)) controller.abort();
  })();
  await rejectsWith(reading, "REEMBED_INTERRUPTED");
});
