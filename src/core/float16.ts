/**
 * float16 as bits, both ways. Node gained `Float16Array` in version 24, and the program runs on older
 * ones. Source: IEEE 754-2019, binary16 and round to nearest, ties to even.
 */

/** The largest finite value. */
export const largestFloat16 = 65_504;

/** Values at and beyond this round to infinity. */
const overflow = 65_520;

const floatBox = new Float32Array(1);
const bitsBox = new Uint32Array(floatBox.buffer);

/** 2^-24, the smallest float16 above zero, and what lies below 2^-14 is a multiple of. */
const smallestStep = 2 ** -24;
const smallestNormal = 2 ** -14;

/** The bits of one value, rounded to nearest, ties to even. */
export function toFloat16Bits(value: number): number {
  floatBox[0] = value;
  const bits = bitsBox[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(floatBox[0]);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= overflow) return sign | 0x7c00;
  if (size < smallestNormal) {
    const steps = size / smallestStep;
    const down = Math.floor(steps);
    const rest = steps - down;
    return sign | (rest > 0.5 || (rest === 0.5 && (down & 1) === 1) ? down + 1 : down);
  }
  // Exponent and fraction move down by 13 bits; adding half of what is cut, less one on even, rounds.
  const magnitude = bits & 0x7fff_ffff;
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x3800_0000) >>> 13);
}

/** The value of these bits. */
export function fromFloat16Bits(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * smallestStep;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
