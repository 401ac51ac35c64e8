import assert from "node:assert/strict";
import { test } from "node:test";
import { createRowSum } from "../../src/embed/row-sum.ts";
import type { StaticTable } from "../../src/embed/static-table.ts";

const tokens = 40;

/** A table with every value that an int8 can have, the extremes in whole columns. */
function tableOf(width: number): StaticTable & { readonly rows: Int8Array } {
  const rows = Int8Array.from({ length: tokens * width }, (_, i) => {
    const column = i % width;
    return column === 0 ? -128 : column === 1 ? 127 : (i * 37) % 256;
  });
  return { rows, dimensions: width, weights: null, mapping: null };
}

test("sums of int8 rows are those of the integers, whatever the width, the columns used and the rows", () => {
  for (const [width, dimensions] of [
    [128, 128],
    [128, 50],
    [7, 7],
    [7, 3],
  ] as const) {
    const table = tableOf(width);
    const rowSum = createRowSum(table, dimensions);
    // Around the rows that four-row passes, and words of 16 bits, hold.
    for (const count of [0, 1, 3, 4, 5, 256, 257, 258, 515, 3000]) {
      const ids = Int32Array.from({ length: count + 2 }, (_, i) => (i * 7) % tokens);
      const expected = Int32Array.from({ length: dimensions }, (_, column) =>
        ids.subarray(1, count + 1).reduce((sum, id) => sum + table.rows[id * width + column]!, 0),
      );
      assert.deepEqual([...rowSum(ids, 1, count + 1)], [...expected], `${width} x ${dimensions}, ${count}`);
    }
  }
});

test("rows with weights and a mapping are summed as they are weighed", () => {
  const table: StaticTable = {
    rows: Float32Array.of(1, 2, 10, 20),
    dimensions: 2,
    weights: Float32Array.of(0.5, 2, 1),
    mapping: Int32Array.of(1, 0, 1),
  };
  assert.deepEqual([...createRowSum(table, 2)(Int32Array.of(0, 1, 2), 0, 3)], [17, 34]);
});
