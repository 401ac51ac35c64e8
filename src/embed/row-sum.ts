import type { StaticTable } from "./static-table.ts";

/** Sums the rows of the token ids in `[from, to)`. Owner: the answer is overwritten by the next call. */
export type RowSum = (ids: Int32Array, from: number, to: number) => Int32Array | Float64Array;

/**
 * The inner loop of a static model, over the first `dimensions` columns of its table. Plain int8 rows
 * are summed as integers, which is exact in any order; all others as float64, row by row.
 */
export function createRowSum(table: StaticTable, dimensions: number): RowSum {
  const { rows, weights, mapping, dimensions: width } = table;
  if (rows instanceof Int8Array && weights === null && mapping === null) {
    return sumIntegers(rows, width, dimensions);
  }
  const sums = new Float64Array(dimensions);
  return (ids, from, to) => {
    sums.fill(0);
    for (let at = from; at < to; at++) {
      const id = ids[at]!;
      const row = (mapping === null ? id : mapping[id]!) * width;
      const weight = weights === null ? 1 : weights[id]!;
      for (let i = 0; i < dimensions; i++) sums[i]! += rows[row + i]! * weight;
    }
    return sums;
  };
}

/** Two columns of 16 bits in a word of 32. */
const evenBytes = 0x00ff00ff;

/** Rows whose bytes, each 255 at most, fit 16 bits when they are summed. */
const rowsPerWord = 257;

/** What makes a byte of two's complement one that counts from 0. */
const signs = 0x80808080;
const bias = 128;

/**
 * Four columns a word: each byte counts from 0, so the even and the odd bytes of a word can be summed as
 * two numbers of 16 bits each, with one addition for two columns. The sums are those of the integers.
 */
function sumIntegers(rows: Int8Array, width: number, dimensions: number): RowSum {
  const rowWords = Math.ceil(width / 4);
  const table = toWords(rows, width, rowWords);
  const usedWords = Math.ceil(dimensions / 4);
  const even = new Int32Array(usedWords);
  const odd = new Int32Array(usedWords);
  const sums = new Int32Array(usedWords * 4);
  const answer = sums.subarray(0, dimensions);

  /** Adds what the words hold to the sums, and empties them. */
  function unload(): void {
    for (let word = 0; word < usedWords; word++) {
      const column = word * 4;
      sums[column]! += even[word]! & 0xffff;
      sums[column + 1]! += odd[word]! & 0xffff;
      sums[column + 2]! += even[word]! >>> 16;
      sums[column + 3]! += odd[word]! >>> 16;
    }
    even.fill(0);
    odd.fill(0);
  }

  return (ids, from, to) => {
    sums.fill(-bias * (to - from));
    let at = from;
    while (at < to) {
      const end = Math.min(to, at + rowsPerWord);
      // Four rows a pass: each sum is loaded and stored a quarter as often.
      for (; at + 4 <= end; at += 4) {
        const a = ids[at]! * rowWords;
        const b = ids[at + 1]! * rowWords;
        const c = ids[at + 2]! * rowWords;
        const d = ids[at + 3]! * rowWords;
        for (let word = 0; word < usedWords; word++) {
          const first = table[a + word]!;
          const second = table[b + word]!;
          const third = table[c + word]!;
          const fourth = table[d + word]!;
          even[word]! +=
            ((first & evenBytes) + (second & evenBytes) + (third & evenBytes) + (fourth & evenBytes)) | 0;
          odd[word]! +=
            (((first >>> 8) & evenBytes) +
              ((second >>> 8) & evenBytes) +
              ((third >>> 8) & evenBytes) +
              ((fourth >>> 8) & evenBytes)) |
            0;
        }
      }
      for (; at < end; at++) {
        const row = ids[at]! * rowWords;
        for (let word = 0; word < usedWords; word++) {
          const only = table[row + word]!;
          even[word]! += only & evenBytes;
          odd[word]! += (only >>> 8) & evenBytes;
        }
      }
      unload();
    }
    return answer;
  };
}

/** The table with every row on whole words, and its bytes counting from 0. Shape: `[rows, rowWords]`. */
function toWords(rows: Int8Array, width: number, rowWords: number): Int32Array {
  const count = rows.length / width;
  const words = new Int32Array(count * rowWords);
  const bytes = new Int8Array(words.buffer);
  for (let row = 0; row < count; row++) {
    bytes.set(rows.subarray(row * width, (row + 1) * width), row * rowWords * 4);
  }
  // All machines that this runs on are little-endian: byte 0 of a word is its lowest.
  for (let word = 0; word < words.length; word++) words[word]! ^= signs;
  return words;
}
