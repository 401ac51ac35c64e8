import assert from "node:assert/strict";
import { test } from "node:test";
import { packKeys, unpackKeys } from "../../src/core/key-column.ts";
import { textBatch } from "../../src/core/text-batch.ts";
import { cutWindows, windowRowsOf } from "../../src/run/read-windows.ts";

async function* batches(...sizes: number[]) {
  let next = 0;
  for (const size of sizes) {
    const rows = Array.from({ length: size }, () => String(next++));
    yield { keys: packKeys(rows), texts: textBatch(rows) };
  }
}

const unit = (rows: number) => ({ index: 0, fragmentIds: [0], rows, merges: 1 });

const windowRows = 100;

async function shapes(rows: number, mergeRows: number, ...sizes: number[]) {
  const bounds = { windowRows, mergeRows };
  const windows = await Array.fromAsync(cutWindows(unit(rows), batches(...sizes), bounds));
  return windows.map((window) => [window.rows, window.endsMerge]);
}

test("a unit of one merge is one window", async () => {
  assert.deepEqual(await shapes(7, 100, 3, 4), [[7, true]]);
});

test("a unit beyond a merge is cut at its rows, wherever batches end", async () => {
  assert.deepEqual(await shapes(25, 10, 8, 8, 9), [
    [10, true],
    [10, true],
    [5, true],
  ]);
});

test("never more rows than the unit has", async () => {
  assert.deepEqual(await shapes(5, 10, 4, 4), [[5, true]]);
});

test("a window of many rows ends before its merge does, and holds no more than 48 MiB of vectors", async () => {
  assert.deepEqual(await shapes(250, 1000, 80, 170), [
    [100, false],
    [100, false],
    [50, true],
  ]);
  assert.deepEqual([128, 384, 1536, 3072].map(windowRowsOf), [32_768, 32_768, 8192, 4096]);
  for (const dimensions of [385, 1000, 4096]) {
    assert.ok(windowRowsOf(dimensions) * dimensions * 4 <= 48 * 1024 * 1024);
  }
});

test("long texts end a window before its merge ends", async () => {
  const long = "x".repeat(9 * 1024 * 1024);
  async function* rows() {
    yield { keys: packKeys(["a", "b", "c"]), texts: textBatch([long, long, long]) };
  }
  const windows = await Array.fromAsync(cutWindows(unit(3), rows(), { windowRows, mergeRows: 10 }));
  assert.deepEqual(
    windows.map((window) => [unpackKeys(window.keys), window.endsMerge]),
    [
      [["a", "b"], false],
      [["c"], true],
    ],
  );
});
