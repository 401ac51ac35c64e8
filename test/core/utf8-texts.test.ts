import assert from "node:assert/strict";
import { test } from "node:test";
import { concatKeys, keyAt, packKeys, sliceKeys, takeKeys, unpackKeys } from "../../src/core/key-column.ts";
import { sourceHash } from "../../src/core/source-hash.ts";
import { concatBatches, sliceBatch, takeBatch, textBatch } from "../../src/core/text-batch.ts";
import {
  concatTexts,
  packTexts,
  sliceTexts,
  takeTexts,
  textAt,
  textBytes,
  unpackTexts,
} from "../../src/core/utf8-texts.ts";

const ascii = ["plain", "", "a\u0000b", "x".repeat(300)];
const others = ["naïve – 日本語 🎈", "\uFEFFmarked", "", "end"];

for (const [what, texts] of [
  ["ASCII", ascii],
  ["other characters", others],
] as const) {
  test(`texts of ${what} come back as they went in, also from slices, parts and single rows`, () => {
    const packed = packTexts(texts);
    assert.equal(textBytes(packed), Buffer.byteLength(texts.join("")));
    assert.deepEqual(unpackTexts(packed), texts);
    assert.equal(textAt(packed, 3), texts[3]);
    const slice = sliceTexts(packed, 1, 4);
    assert.deepEqual(unpackTexts(slice), texts.slice(1));
    assert.deepEqual(unpackTexts(concatTexts([slice, packTexts(["b"]), sliceTexts(packed, 0, 2)])), [
      ...texts.slice(1),
      "b",
      ...texts.slice(0, 2),
    ]);
    const taken = takeTexts(slice, Int32Array.of(2, 0, 1));
    assert.deepEqual(unpackTexts(taken), [texts[3], texts[1], texts[2]]);
    assert.equal(taken.bytes.length, textBytes(taken), "a copy holds nothing else");
  });
}

test("no texts are a batch, too", () => {
  assert.deepEqual(unpackTexts(packTexts([])), []);
  assert.deepEqual(unpackTexts(concatTexts([])), []);
  assert.deepEqual(unpackTexts(takeTexts(packTexts(["a"]), new Int32Array(0))), []);
  assert.equal(concatBatches([]).hashes.length, 0);
});

test("half of a surrogate pair becomes the replacement character", () => {
  assert.deepEqual(unpackTexts(packTexts(["a\ud800", "b"])), ["a\ufffd", "b"]);
});

test("hashes stay with their texts, and are those of the strings", () => {
  const texts = [...ascii, ...others];
  const batch = textBatch(texts);
  assert.equal(textBatch(batch), batch);
  assert.deepEqual(batch.hashes, BigInt64Array.from(texts, sourceHash));
  const parts = concatBatches([sliceBatch(batch, 6, 8), takeBatch(batch, Int32Array.of(4, 0))]);
  const expected = [others[2]!, others[3]!, others[0]!, ascii[0]!];
  assert.deepEqual(unpackTexts(parts), expected);
  assert.deepEqual(parts.hashes, BigInt64Array.from(expected, sourceHash));
});

for (const keys of [
  ["a", "ü", "🎈", ""],
  [-5n, 2n ** 63n - 1n, 0n, -(2n ** 63n)],
  [1n, 2n ** 64n - 1n, 0n, 9n],
]) {
  test(`keys such as ${String(keys[1])} come back as they went in`, () => {
    const column = packKeys(keys);
    assert.deepEqual(unpackKeys(column), keys);
    assert.equal(keyAt(sliceKeys(column, 1, 3), 1), keys[2]);
    assert.deepEqual(unpackKeys(concatKeys([sliceKeys(column, 2, 4), column])), [...keys.slice(2), ...keys]);
    assert.deepEqual(unpackKeys(takeKeys(column, Int32Array.of(3, 1))), [keys[3], keys[1]]);
  });
}
