import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  canaryTolerance,
  canaryTolerances,
  canaryVectors,
  makeCanaryRecord,
  parseCanaryRecord,
} from "../../src/core/canary.ts";
import { canaryInputs, canaryTexts, canaryTextsDigest, startTexts } from "../../src/core/canary-texts.ts";
import { compareCanary, measureNoise } from "../../src/core/compare-canary.ts";
import type { Space } from "../../src/core/space.ts";

const dimensions = 64;
const space = { id: "s".repeat(64), description: { dimensions } } as unknown as Space;
const pinned = { instructionClass: "any", noiseFloor: 0, pinnedAtMs: Date.UTC(2026, 0, 2) };
const tolerance = 1e-4;

/** Numbers between -1 and 1 that depend on the seed alone. Source: the generator of Park and Miller. */
function numbers(seed: number, count: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  });
}

/** Vectors of a model: each text's own, by its place. */
function vectorsOf(
  model: number,
  edit?: (vector: Float32Array, index: number) => Float32Array,
): Float32Array {
  const all = new Float32Array(canaryTexts.length * dimensions);
  canaryTexts.forEach((_, index) => {
    const vector = numbers(model * 1000 + index, dimensions);
    all.set(edit?.(vector, index) ?? vector, index * dimensions);
  });
  return all;
}

const record = makeCanaryRecord(space, vectorsOf(1), pinned);
const verdictOf = (vectors: Float32Array, width = dimensions) =>
  compareCanary(record, { dimensions: width, vectors }, tolerance).verdict;
const indexOf = (name: string): number => canaryTexts.findIndex((text) => text.name === name);

describe("the fixed texts", () => {
  test("never change: records everywhere belong to them", () => {
    assert.equal(canaryTextsDigest, "833590a3d03c3f4e");
    assert.equal(new Set(canaryInputs()).size, canaryTexts.length);
    assert.equal(new Set(canaryTexts.map(({ name }) => name)).size, canaryTexts.length);
  });

  test("start with short ones", () => {
    for (const text of canaryInputs(startTexts)) assert.ok(text.length < 80, text);
  });
});

describe("a record", () => {
  test("holds its vectors bit for bit, through JSON too", () => {
    const read = parseCanaryRecord(JSON.parse(JSON.stringify(record)));
    assert.ok(typeof read !== "string", JSON.stringify(read));
    assert.deepEqual(canaryVectors(read), vectorsOf(1));
    assert.equal(read.pinnedAt, "2026-01-02T00:00:00.000Z");
  });

  test("is refused with the reason where it is none", () => {
    const cases = [
      [null, /no object/],
      [{ ...record, format: 2 }, /format is 2/],
      [{ ...record, spaceId: 1 }, /spaceId is missing/],
      [{ ...record, dimensions: 0 }, /dimensions/],
      [{ ...record, noiseFloor: -1 }, /noiseFloor/],
      [{ ...record, vectors: record.vectors.slice(0, 400) }, /vectors has 300 bytes/],
    ] as const;
    for (const [value, reason] of cases) assert.match(JSON.stringify(parseCanaryRecord(value)), reason);
  });

  test("of other texts compares with nothing", () => {
    const other = { ...record, textsDigest: "0".repeat(16) };
    const { verdict, worst } = compareCanary(other, { dimensions, vectors: vectorsOf(1) }, tolerance);
    assert.deepEqual(verdict, {
      kind: "other-texts",
      pinned: "0".repeat(16),
      present: canaryTextsDigest,
    });
    assert.equal(worst, null);
  });
});

describe("a comparison", () => {
  test("takes the same vectors, and those that moved less than the tolerance, for noise", () => {
    assert.deepEqual(verdictOf(vectorsOf(1)), { kind: "noise" });
    const jittered = vectorsOf(1, (vector, index) =>
      vector.map((value, i) => value + 0.005 * numbers(index + 5, dimensions)[i]!),
    );
    assert.deepEqual(verdictOf(jittered), { kind: "noise" });
    const { worst } = compareCanary(record, { dimensions, vectors: jittered }, 1e-9);
    assert.ok(worst !== null && worst.cosine < 1 && worst.cosine > 1 - tolerance);
  });

  test("needs the first texts alone", () => {
    const vectors = vectorsOf(1).subarray(0, startTexts * dimensions);
    const { verdict, texts } = compareCanary(record, { dimensions, vectors }, tolerance);
    assert.deepEqual(verdict, { kind: "noise" });
    assert.equal(texts.length, startTexts);
    const others = vectorsOf(2).subarray(0, startTexts * dimensions);
    assert.deepEqual(compareCanary(record, { dimensions, vectors: others }, tolerance).verdict, {
      kind: "weights",
    });
  });

  test("tells other weights, however close they are", () => {
    assert.deepEqual(verdictOf(vectorsOf(2)), { kind: "weights" });
    const tuned = vectorsOf(1, (vector, index) =>
      vector.map((value, i) => value + 0.1 * numbers(index + 5, dimensions)[i]!),
    );
    assert.deepEqual(verdictOf(tuned), { kind: "weights" });
  });

  test("tells vectors of another length, and one that lost its vector", () => {
    assert.deepEqual(verdictOf(vectorsOf(1, (vector) => vector.map((value) => value * 4))), {
      kind: "normalisation",
      lengthRatio: 4,
    });
    const empty = vectorsOf(1, (vector, index) => (index === indexOf("hindi") ? vector.fill(0) : vector));
    assert.deepEqual(verdictOf(empty), { kind: "input-handling", moved: ["hindi"] });
  });

  test("tells another number of dimensions, and whether it is the same model cut shorter", () => {
    const half = dimensions / 2;
    const cut = Float32Array.from({ length: canaryTexts.length * half }, (_, i) => {
      return vectorsOf(1)[Math.floor(i / half) * dimensions + (i % half)]! * 2;
    });
    assert.deepEqual(verdictOf(cut, half), {
      kind: "dimensions",
      pinned: dimensions,
      found: half,
      prefix: true,
    });
    const other = numbers(9, canaryTexts.length * half);
    assert.deepEqual(verdictOf(other, half), {
      kind: "dimensions",
      pinned: dimensions,
      found: half,
      prefix: false,
    });
  });

  test("tells a prompt that was added, and one that was left off", () => {
    const prompted = indexOf("passage-prompt");
    const behind = vectorsOf(2);
    // What the plain text is behind the prompt, the written-out prompt was when it was pinned.
    behind.set(numbers(1000 + prompted, dimensions), 0);
    assert.deepEqual(verdictOf(behind), { kind: "prompt", change: "added", prompt: "passage: " });
    const without = vectorsOf(2);
    without.set(numbers(1000, dimensions), prompted * dimensions);
    assert.deepEqual(verdictOf(without), { kind: "prompt", change: "removed", prompt: "passage: " });
  });

  test("guesses a prompt that it does not know from how far short texts moved", () => {
    const half = dimensions / 2;
    const plain = makeCanaryRecord(
      space,
      vectorsOf(1, (vector) => vector.fill(0, half)),
      pinned,
    );
    const behind = vectorsOf(1, (vector, index) => vector.fill(20 / canaryTexts[index]!.text.length, half));
    assert.deepEqual(compareCanary(plain, { dimensions, vectors: behind }, tolerance).verdict, {
      kind: "prompt",
      change: null,
      prompt: null,
    });
  });

  test("tells texts that are read in another way from other weights", () => {
    const cut = vectorsOf(1, (vector, index) =>
      index === indexOf("long") ? numbers(4, dimensions) : vector,
    );
    assert.deepEqual(verdictOf(cut), { kind: "input-handling", moved: ["long"] });
  });
});

describe("the tolerance", () => {
  test("is by what makes the vectors, wider between classes of CPU, and never under the noise", () => {
    const { int8, static: sums } = canaryTolerances;
    assert.equal(canaryTolerance("int8", record, "any"), int8.sameClass);
    assert.equal(canaryTolerance("int8", record, "x64-avx2"), int8.otherClass);
    assert.equal(canaryTolerance("static", record, "x64-avx2"), sums.otherClass);
    assert.equal(canaryTolerance("api", { ...record, noiseFloor: 0.002 }, "any"), 0.008);
  });

  test("of noise is the largest distance that was seen", () => {
    assert.equal(measureNoise([vectorsOf(1), vectorsOf(1)], dimensions), 0);
    const other = vectorsOf(1, (vector, index) => (index === 3 ? vector.fill(0) : vector));
    assert.equal(measureNoise([vectorsOf(1), vectorsOf(1), other], dimensions), 1);
  });
});
