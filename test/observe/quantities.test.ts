import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatCountOf,
  formatDifference,
  formatDuration,
  formatMilliseconds,
  formatMoney,
  formatRate,
  formatScore,
  formatShare,
} from "../../src/observe/quantities.ts";

test("counts have their thousands separated and their noun in the right number", () => {
  assert.equal(formatCount(117_791), "117,791");
  assert.equal(formatCount(9_007_199_254_740_993n), "9,007,199,254,740,993");
  assert.equal(formatCountOf(1, "row"), "1 row");
  assert.equal(formatCountOf(0, "row"), "0 rows");
  assert.equal(formatCountOf(2, "query", "queries"), "2 queries");
});

test("compact numbers keep three digits and never read 1000", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [0.456, "0.46"],
    [9.876, "9.88"],
    [98.76, "98.8"],
    [999, "999"],
    [999.6, "1k"],
    [41_300, "41.3k"],
    [999_499, "999k"],
    [999_500, "1M"],
    [1_640_000, "1.64M"],
    [2.5e9, "2.5G"],
    [7e15, "7000T"],
  ];
  for (const [value, written] of cases) assert.equal(formatCompact(value), written);
  assert.equal(formatRate(41_300, "texts"), "41.3k texts/s");
});

test("bytes are in decimal units", () => {
  assert.equal(formatBytes(0), "0 B");
  assert.equal(formatBytes(999), "999 B");
  assert.equal(formatBytes(1_000), "1 kB");
  assert.equal(formatBytes(181_234_567), "181 MB");
  assert.equal(formatBytes(1_530_000_000), "1.53 GB");
});

test("durations have two units and carry over", () => {
  const cases: [number, string][] = [
    [-1, "0 s"],
    [0.42, "0.42 s"],
    [9.94, "9.94 s"],
    [9.96, "10 s"],
    [49.4, "49 s"],
    [59.6, "1 min"],
    [725, "12 min 5 s"],
    [3_599.7, "1 h"],
    [11_520, "3 h 12 min"],
    [86_399, "1 d"],
    [187_200, "2 d 4 h"],
  ];
  for (const [seconds, written] of cases) assert.equal(formatDuration(seconds), written);
});

test("a share is 100 % only where nothing is missing", () => {
  assert.equal(formatShare(1), "100 %");
  assert.equal(formatShare(0.999_99), "99.9 %");
  assert.equal(formatShare(0.29), "29 %");
  assert.equal(formatShare(0.000_4), "<0.1 %");
  assert.equal(formatShare(0), "0 %");
});

test("scores, differences, latencies and money", () => {
  assert.equal(formatScore(0.1672), "0.167");
  assert.equal(formatDifference(0.0571), "+0.057");
  assert.equal(formatDifference(-0.0571), "-0.057");
  assert.equal(formatDifference(-0.000_01), "0.000");
  assert.equal(formatMilliseconds(12.34), "12.3 ms");
  assert.equal(formatMoney(20), "$20.00");
  assert.equal(formatMoney(0.0042), "$0.0042");
  assert.equal(formatMoney(0.000_009), "<$0.0001");
  assert.equal(formatMoney(0), "$0.00");
});
