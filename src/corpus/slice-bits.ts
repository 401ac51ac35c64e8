/** Bits `[from, from + length)` of a bitmap, lowest bit first; a view where they start at a byte. */
export function sliceBits(bits: Uint8Array, from: number, length: number): Uint8Array {
  const bytes = (length + 7) >> 3;
  const first = from >> 3;
  const shift = from & 7;
  if (first + bytes > bits.length) throw new Error("a bitmap is too short");
  if (shift === 0) return bits.subarray(first, first + bytes);
  return Uint8Array.from(
    { length: bytes },
    (_, index) => ((bits[first + index] ?? 0) >> shift) | ((bits[first + index + 1] ?? 0) << (8 - shift)),
  );
}
