/** Which rows of a column hold a value, as Arrow wants it: one bit a row, absent if all do. */
export interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | null;
}

/** Notes nulls while a column is written row by row. */
export interface ValidityWriter {
  markNull(row: number): void;
  finish(rows: number): Validity;
}

/** Starts with every one of `capacityRows` rows valid; costs nothing until the first null. */
export function validityWriter(capacityRows: number): ValidityWriter {
  let bitmap: Uint8Array | null = null;
  let nullCount = 0;
  return {
    markNull(row) {
      bitmap ??= new Uint8Array((capacityRows + 7) >> 3).fill(0xff);
      bitmap[row >> 3] = (bitmap[row >> 3] ?? 0) & ~(1 << (row & 7));
      nullCount += 1;
    },
    finish(rows) {
      return { nullCount, nullBitmap: bitmap?.subarray(0, (rows + 7) >> 3) ?? null };
    },
  };
}
