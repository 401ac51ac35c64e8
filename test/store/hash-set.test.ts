import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSet } from "../../src/store/hash-set.ts";

const wordsOf = (hash: bigint): [number, number] => {
  const [low = 0, high = 0] = new Int32Array(BigInt64Array.of(hash).buffer);
  return [low, high];
};

test("every hash is found with all of its texts, also where low words are the same", () => {
  const hashes = Array.from({ length: 3000 }, (_, text) => (BigInt(text % 1000) << 32n) + BigInt(text % 7));
  const set = hashSet(BigInt64Array.from(hashes));
  const expected = new Map<bigint, number[]>();
  for (const [text, hash] of hashes.entries()) expected.set(hash, [...(expected.get(hash) ?? []), text]);
  assert.equal(set.size, expected.size);
  for (const [hash, texts] of expected) assert.deepEqual(set.textsOf(set.find(...wordsOf(hash))), texts);
  assert.equal(set.find(...wordsOf(-1n)), -1);
  assert.equal(set.find(...wordsOf(8n)), -1);
});

test("an empty list has nothing", () => {
  assert.equal(hashSet(new BigInt64Array()).find(0, 0), -1);
});
