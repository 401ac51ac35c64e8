import assert from "node:assert/strict";
import { test } from "node:test";
import { parseByteSize } from "../../src/core/byte-size.ts";
import { ReembedError } from "../../src/core/errors.ts";
import { mergeBytesWithin, mergeMemory, memoryForWhole, piecesOf } from "../../src/plan/merge-memory.ts";
import { boundsWithin, planRound } from "../../src/plan/plan-round.ts";
import { writeCost } from "../../src/plan/write-cost.ts";

const MB = 1e6;
const piece = (column: number, pending = column) => ({
  columnBytes: column * MB,
  pendingBytes: pending * MB,
});
const least = 16 * MB;

test("merges as large as memory allows, and never beyond it", () => {
  for (const memory of [200, 450, 1000, 2000, 50_000]) {
    for (const column of [1, 20, 100, 117, 300, 1600, 6400]) {
      for (const pending of [column, column / 3]) {
        const pieces = [piece(column, pending), piece(5)];
        let bytes: number;
        try {
          bytes = mergeBytesWithin(memory * MB, pieces, least);
        } catch {
          continue;
        }
        for (const each of pieces) {
          assert.ok(mergeMemory(each, bytes) <= memory * MB, `${memory} ${column} ${pending}`);
        }
      }
    }
  }
});

test("the usual memory holds a fragment of ours of 896 dimensions in one merge", () => {
  const fragments = [{ id: 0, rows: 32_768, pending: 32_768 }];
  for (const [dimensions, merges] of [
    [128, 1],
    [896, 1],
    [1536, 3],
  ] as const) {
    const round = planRound(fragments, boundsWithin(1000 * MB, dimensions, fragments));
    assert.equal(round.units[0]?.merges, merges, String(dimensions));
  }
});

test("too little memory is refused with the memory that would do, and that does", () => {
  for (const [memory, pieces] of [
    [300, [piece(6400)]],
    [100, [piece(17)]],
    [90, [piece(60, 1)]],
    [10, [piece(400, 300), piece(3000)]],
  ] as const) {
    let needed = 0;
    assert.throws(
      () => mergeBytesWithin(memory * MB, pieces, least),
      (error: unknown) => {
        assert.ok(error instanceof ReembedError);
        assert.equal(error.code, "REEMBED_PLAN_MEMORY");
        needed = error.details["neededBytes"] as number;
        assert.match(error.message, new RegExp(`--memory ${needed / MB}MB`));
        return true;
      },
    );
    assert.ok(needed > memory * MB);
    const bytes = mergeBytesWithin(needed, pieces, least);
    for (const each of pieces) assert.ok(mergeMemory(each, bytes) <= needed);
    assert.throws(() => mergeBytesWithin(needed - 2 * MB, pieces, least), ReembedError);
  }
});

test("with the memory for whole fragments, each is written once", () => {
  const fragments = [{ id: 0, rows: 1_048_576, pending: 1_048_576 }];
  const memory = memoryForWhole(piecesOf(fragments, 1536));
  const vectors = { dimensions: 1536, type: "float32" } as const;
  const round = planRound(fragments, boundsWithin(memory, 1536, fragments));
  assert.equal(writeCost(round, fragments, vectors).writeAmplification, 1);
  const small = planRound(fragments, boundsWithin(1000 * MB, 1536, fragments));
  const cost = writeCost(small, fragments, vectors);
  assert.ok(cost.writeAmplification > 25 && cost.merges > 50, "and with the usual memory, many times");
  assert.ok(cost.peakMemoryBytes <= 1000 * MB);
});

test("sizes as people write them", () => {
  assert.equal(parseByteSize("1000MB"), 1000 * MB);
  assert.equal(parseByteSize("1.5 GiB"), 1.5 * 2 ** 30);
  assert.equal(parseByteSize("2gb"), 2e9);
  for (const wrong of ["", "2", "GB", "-1GB", "1 XB", "0B", "1GB extra"]) {
    assert.equal(parseByteSize(wrong), null, wrong);
  }
});
