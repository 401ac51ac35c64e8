import assert from "node:assert/strict";
import { test } from "node:test";
import { fuseRanks } from "../../src/lifecycle/fuse-ranks.ts";

const idsOf = (lists: string[][]): string[] => fuseRanks(lists, (item) => item).map(({ item }) => item);

test("what both lists have comes before what one has", () => {
  const fused = fuseRanks(
    [
      ["a", "b", "c"],
      ["c", "x"],
    ],
    (item) => item,
  );
  assert.deepEqual(
    fused.map(({ item }) => item),
    ["c", "a", "b", "x"],
  );
  assert.ok(Math.abs(fused[0]!.score - (1 / 63 + 1 / 61)) < 1e-12);
});

test("lists without a common item are interleaved by rank, the first list first", () => {
  assert.deepEqual(
    idsOf([
      ["a", "b", "c"],
      ["x", "y"],
    ]),
    ["a", "x", "b", "y", "c"],
  );
  assert.deepEqual(idsOf([[], ["x"]]), ["x"]);
  assert.deepEqual(idsOf([]), []);
});
