import assert from "node:assert/strict";
import { test } from "node:test";
import { keySet } from "../../src/corpus/key-set.ts";

const encoder = new TextEncoder();

test("gives back the ordinal of the first occurrence, at every length and across growth", () => {
  const keys = keySet();
  const texts = Array.from({ length: 60_000 }, (_, index) => `${index}-${"x".repeat(index % 40)}`);
  const add = (text: string, ordinal: number): number => {
    const bytes = encoder.encode(`<${text}>`);
    return keys.addBytes(bytes, 1, bytes.length - 1, ordinal);
  };
  texts.forEach((text, ordinal) => assert.equal(add(text, ordinal), -1));
  assert.equal(keys.size, texts.length);
  texts.forEach((text, ordinal) => assert.equal(add(text, 999_999), ordinal));
  assert.equal(keys.size, texts.length);
});

test("strings that differ only in length, in zeros or in one bit are different", () => {
  const keys = keySet();
  let added = 0;
  for (let length = 0; length <= 40; length += 1) {
    const zeros = new Uint8Array(length);
    assert.equal(keys.addBytes(zeros, 0, length, added++), -1, `${length} zeros`);
    for (let bit = 0; bit < length * 8; bit += 1) {
      const bytes = new Uint8Array(length);
      bytes[bit >> 3] = 1 << (bit & 7);
      assert.equal(keys.addBytes(bytes, 0, length, added++), -1, `bit ${bit} of ${length} bytes`);
    }
  }
  assert.equal(keys.size, added);
});

test("integers and strings do not meet, whatever their bits", () => {
  const keys = keySet();
  assert.equal(keys.addInteger(0, 0, 0), -1);
  assert.equal(keys.addInteger(-1, -1, 1), -1);
  assert.equal(keys.addInteger(-1, 0, 2), -1);
  assert.equal(keys.addBytes(new Uint8Array(8), 0, 8, 3), -1);
  assert.equal(keys.addBytes(new Uint8Array(8).fill(0xff), 0, 8, 4), -1);
  assert.equal(keys.addInteger(-1, -1, 5), 1);
});

test("a quarter of a million keys that look alike have no false duplicate", () => {
  const keys = keySet();
  const bytes = new Uint8Array(36).fill(0x30);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < 250_000; index += 1) {
    // The counter stands where all lanes of the hash must carry it to the end.
    view.setUint32((index % 9) * 4, index);
    view.setUint32(((index + 4) % 9) * 4, index * 3);
    assert.equal(keys.addBytes(bytes, 0, 36, index), -1);
    view.setUint32((index % 9) * 4, 0x30303030);
    view.setUint32(((index + 4) % 9) * 4, 0x30303030);
  }
});
