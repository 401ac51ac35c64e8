import type { TextBatch } from "../core/text-batch.ts";

/** The different texts of a batch, and which of them each item is. */
export interface UniqueTexts {
  /** Index into the unique texts of each item. Shape: `[items]`. */
  readonly indexOf: Int32Array;
  /** The item in which each text appears first, ascending. Shape: `[unique texts]`. */
  readonly firstItem: Int32Array;
  /** How many items are each text. Shape: `[unique texts]`. */
  readonly copies: Int32Array;
}

/** Slots for each item at least: a table that is half empty finds a place in two looks on average. */
const slotsPerItem = 2;

/**
 * Finds identical texts, so that each is embedded once. Texts are looked up by their source hash, and
 * compared byte by byte where two have the same.
 */
export function uniqueTexts(batch: TextBatch): UniqueTexts {
  const { hashes } = batch;
  const items = hashes.length;
  // Halves of hashes: whole ones would be big integers, made and collected for every item.
  const halves = new Int32Array(hashes.buffer, hashes.byteOffset, items * 2);
  const slotMask = 2 ** Math.ceil(Math.log2(items * slotsPerItem + 1)) - 1;
  /** The text in a slot, and one more; 0 where it is empty. */
  const slots = new Int32Array(slotMask + 1);
  const indexOf = new Int32Array(items);
  const firstItem = new Int32Array(items);
  const copies = new Int32Array(items);
  let texts = 0;
  for (let item = 0; item < items; item++) {
    let slot = halves[item * 2]! & slotMask;
    let index = slots[slot]! - 1;
    while (index >= 0 && !same(firstItem[index]!, item)) {
      slot = (slot + 1) & slotMask;
      index = slots[slot]! - 1;
    }
    if (index < 0) {
      index = texts++;
      slots[slot] = texts;
      firstItem[index] = item;
    }
    indexOf[item] = index;
    copies[index]!++;
  }
  return { indexOf, firstItem: firstItem.slice(0, texts), copies: copies.slice(0, texts) };

  function same(a: number, b: number): boolean {
    if (halves[a * 2] !== halves[b * 2] || halves[a * 2 + 1] !== halves[b * 2 + 1]) return false;
    const { bytes, offsets } = batch;
    const length = offsets[a + 1]! - offsets[a]!;
    if (offsets[b + 1]! - offsets[b]! !== length) return false;
    for (let i = 0; i < length; i++) {
      if (bytes[offsets[a]! + i] !== bytes[offsets[b]! + i]) return false;
    }
    return true;
  }
}
