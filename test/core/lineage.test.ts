import assert from "node:assert/strict";
import { test } from "node:test";
import { groupFamilies } from "../../src/core/lineage.ts";
import { testSpace } from "../store/support.ts";

function version(name: string, model: string, baseModel: string | null, options = "") {
  const { id, description } = testSpace(8, model.slice(-1));
  const space = { ...description, model };
  return { name, reference: `local:./${model}${options}`, spaceId: id + options, space, baseModel };
}

test("fine-tunes stand under their base, also by reference, and each space stays its own", () => {
  const families = groupFamilies([
    version("v1", "base-a", null),
    version("v2", "tune-b", "base-a"),
    version("v3", "tune-c", "local:./tune-b"),
    version("v4", "other-d", null),
    version("v5", "base-a", null, "?dimensions=4"),
    version("v6", "base-a", null),
    version("v7", "tune-e", "elsewhere"),
  ]);
  assert.deepEqual(
    families.map(({ root, spaces }) => [
      root,
      spaces.map(({ model, depth, versions }) => `${depth} ${model}: ${versions.join(" ")}`),
    ]),
    [
      ["base-a", ["0 base-a: v1 v6", "0 base-a: v5", "1 tune-b: v2", "2 tune-c: v3"]],
      ["other-d", ["0 other-d: v4"]],
      ["elsewhere", ["1 tune-e: v7"]],
    ],
  );
});

test("models that name each other as their base do not go round for ever", () => {
  const families = groupFamilies([version("v1", "one-a", "two-b"), version("v2", "two-b", "one-a")]);
  assert.equal(families.flatMap(({ spaces }) => spaces).length, 2);
});
