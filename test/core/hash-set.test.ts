import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashSet } from "../../src/core/hash-set.ts";

test("a set of hashes holds what a Set holds, zero and equal low bits included", () => {
  const set = createHashSet();
  const model = new Set<bigint>();
  for (let i = 0n; i < 5_000n; i++) {
    // Few low bits, so that many fall on the same slot.
    const hash = BigInt.asIntN(64, (i % 3_001n) * 0x1_0000_0001_0000n - 7n * 0x1_0000_0001_0000n);
    assert.equal(set.add(hash), !model.has(hash));
    model.add(hash);
  }
  assert.equal(set.size, model.size);
  for (const hash of model) assert.ok(set.has(hash));
  assert.ok(!set.has(12345n));
  assert.ok(set.has(0n));
});
