import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFloat16Bits, largestFloat16, toFloat16Bits } from "../../src/core/float16.ts";

/** What the engine's own type makes of a value. */
function platformBits(value: number): number {
  return new Uint16Array(new Float16Array([value]).buffer)[0] ?? 0;
}

test("all 65,536 values read as the platform reads them, and write back as they were", () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
  const values = new Float16Array(bits.buffer);
  for (const [index, value] of values.entries()) {
    assert.ok(Object.is(fromFloat16Bits(index), value), `bits ${index}`);
    if (!Number.isNaN(value)) assert.equal(toFloat16Bits(value), index);
  }
});

test("float32 values round as the platform rounds: halves to even, the smallest, the largest", () => {
  const edges = [0, -0, 1, -1, 2049, 2051, 65_519.996, 65_520, -70_000, 2 ** -24, 2 ** -25, 1.5 * 2 ** -24];
  const between = Array.from({ length: 20_000 }, (_, index) => Math.sin(index) * 10 ** ((index % 13) - 8));
  for (const value of Float32Array.from([...edges, ...between, Infinity, -Infinity])) {
    assert.equal(toFloat16Bits(value), platformBits(value), `value ${value}`);
  }
  assert.ok(Number.isNaN(fromFloat16Bits(toFloat16Bits(Number.NaN))));
  assert.equal(fromFloat16Bits(toFloat16Bits(largestFloat16)), largestFloat16);
});
