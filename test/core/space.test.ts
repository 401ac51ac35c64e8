import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, type SpaceDescription, spaceDifferences } from "../../src/core/space.ts";
import { canMove, type VersionState, versionTransitions } from "../../src/core/version.ts";

test("canonical JSON is one text for one value", () => {
  assert.equal(
    canonicalJson({ b: [1, { d: null, c: "é" }], a: true, x: undefined }),
    '{"a":true,"b":[1,{"c":"é","d":null}]}',
  );
  assert.equal(canonicalJson({ a: 1, b: 2 }), canonicalJson({ b: 2, a: 1 }));
});

test("differences of spaces are named field by field", () => {
  const space = { format: 1, model: "m", dimensions: 384, pooling: "mean" } as SpaceDescription;
  assert.deepEqual(spaceDifferences(space, { ...space }), []);
  assert.deepEqual(spaceDifferences(space, { ...space, pooling: "cls", dimensions: 128 }), [
    "dimensions: 384 -> 128",
    'pooling: "mean" -> "cls"',
  ]);
});

test("nothing comes back from retired or abandoned, and active is left only by retiring", () => {
  const states = Object.keys(versionTransitions) as VersionState[];
  for (const state of states) {
    assert.equal(canMove("retired", state), false);
    assert.equal(canMove("abandoned", state), false);
    assert.equal(canMove("active", state), state === "retiring");
  }
  assert.ok(canMove("retiring", "active"));
});
