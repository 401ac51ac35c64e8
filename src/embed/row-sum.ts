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

/** Four rows a pass: each sum is loaded and stored a quarter as often. */
function sumIntegers(rows: Int8Array, width: number, dimensions: number): RowSum {
  const sums = new Int32Array(dimensions);
  return (ids, from, to) => {
    sums.fill(0);
    let at = from;
    for (; at + 4 <= to; at += 4) {
      const a = ids[at]! * width;
      const b = ids[at + 1]! * width;
      const c = ids[at + 2]! * width;
      const d = ids[at + 3]! * width;
      for (let i = 0; i < dimensions; i++) {
        sums[i] = (sums[i]! + rows[a + i]! + rows[b + i]! + rows[c + i]! + rows[d + i]!) | 0;
      }
    }
    for (; at < to; at++) {
      const row = ids[at]! * width;
      for (let i = 0; i < dimensions; i++) sums[i] = (sums[i]! + rows[row + i]!) | 0;
    }
    return sums;
  };
}
