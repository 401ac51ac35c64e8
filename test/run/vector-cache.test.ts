import assert from "node:assert/strict";
import { test } from "node:test";
import { createVectorCache } from "../../src/run/vector-cache.ts";

const held = (texts: number) => ({ found: new Uint8Array(texts), vectors: new Float32Array(texts * 2) });

test("what was kept is filled in, and only where nothing is held", () => {
  const cache = createVectorCache(2, 1024);
  cache.keep(5n, Float32Array.of(1, 2));
  cache.keep(-7n, Float32Array.of(3, 4));
  const rows = held(4);
  rows.found[0] = 1;
  assert.equal(cache.fill(BigInt64Array.of(5n, -7n, 6n, 5n), rows), 2);
  assert.deepEqual([...rows.found], [1, 1, 0, 1]);
  assert.deepEqual([...rows.vectors], [0, 0, 3, 4, 0, 0, 1, 2]);
});

test("a hash that was never kept is not found in an empty slot, zero neither", () => {
  const rows = held(1);
  assert.equal(createVectorCache(2, 1024).fill(BigInt64Array.of(0n), rows), 0);
});

test("memory is bounded: of two hashes with one slot the newer stays", () => {
  const cache = createVectorCache(2, 4 * 8);
  cache.keep(1n, Float32Array.of(1, 1));
  cache.keep(5n, Float32Array.of(5, 5));
  const rows = held(2);
  assert.equal(cache.fill(BigInt64Array.of(1n, 5n), rows), 1);
  assert.deepEqual([...rows.vectors], [0, 0, 5, 5]);
});
