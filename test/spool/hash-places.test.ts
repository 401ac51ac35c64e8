import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashPlaces } from "../../src/spool/hash-places.ts";

test("places behave as a map, whatever is added and removed", () => {
  const places = createHashPlaces();
  const model = new Map<bigint, number>();
  let state = 12_345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let step = 0; step < 60_000; step += 1) {
    // Few different low bits, so that many hashes want the same slots.
    const hash = (BigInt(random(40)) << 40n) | BigInt(random(64)) | (BigInt(random(2)) << 63n);
    const signed = BigInt.asIntN(64, hash);
    if (random(5) < 3) {
      assert.equal(places.add(signed, { segment: step, offset: step * 2 ** 20 }), !model.has(signed));
      if (!model.has(signed)) model.set(signed, step);
    } else {
      assert.equal(places.remove(signed), model.get(signed) ?? -1);
      model.delete(signed);
    }
    assert.equal(places.size, model.size);
  }
  for (const [hash, step] of model) {
    assert.deepEqual(places.get(hash), { segment: step, offset: step * 2 ** 20 });
  }
  assert.equal(places.get(1n << 50n), undefined);
});

test("it grows", () => {
  const places = createHashPlaces();
  for (let i = 0; i < 20_000; i += 1) places.add(BigInt(i * 31), { segment: i, offset: i });
  for (let i = 0; i < 20_000; i += 1) assert.equal(places.get(BigInt(i * 31))?.offset, i);
});
