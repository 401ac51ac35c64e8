/** Rows, vectors and a version that no model made: for what is measured of the store alone. */
import type { RecordBatch } from "apache-arrow";
import { arrow } from "../arrow.ts";
import type { EmbeddedTexts, Lane, PatchRows } from "../core/ports.ts";
import { packKeys } from "../core/key-column.ts";
import { countTexts } from "../core/utf8-texts.ts";
import { textBatch } from "../core/text-batch.ts";
import type { Space } from "../core/space.ts";
import { makeSpace } from "../space/space-id.ts";
import type { VersionRecord } from "../core/version.ts";
import type { Key } from "../core/words.ts";

/** Directions that vectors lie around: uniform noise has no neighbours, and says nothing about search. */
const clusters = 64;

/** How far a vector lies from its direction, in parts of a coordinate's spread. */
const spread = 0.8;

/** Numbers from -0.5 to 0.5, the same on every machine. */
export function seededNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

const centresByWidth = new Map<number, Float32Array>();

function centresOf(dimensions: number): Float32Array {
  const known = centresByWidth.get(dimensions);
  if (known !== undefined) return known;
  const made = Float32Array.from({ length: clusters * dimensions }, seededNoise(7));
  centresByWidth.set(dimensions, made);
  return made;
}

/** Writes the vector of a number to its place. */
export function fillVector(into: Float32Array, start: number, dimensions: number, number: number): void {
  const centres = centresOf(dimensions);
  const noise = seededNoise(number * 2_654_435_761 + 99);
  const centre = ((number * 48_271) % clusters) * dimensions;
  for (let index = 0; index < dimensions; index += 1) {
    into[start + index] = centres[centre + index]! + spread * noise();
  }
}

/** A column patch of rows whose keys are numbers from `first` on. */
export function madeUpPatch(first: number, count: number, dimensions: number): PatchRows {
  return madeUpPatchOf(
    Array.from({ length: count }, (_, row) => BigInt(first + row)),
    dimensions,
  );
}

/** A column patch for these keys. */
export function madeUpPatchOf(keys: readonly Key[], dimensions: number): PatchRows {
  const vectors = new Float32Array(keys.length * dimensions);
  for (const [row, key] of keys.entries()) fillVector(vectors, row * dimensions, dimensions, Number(key));
  return {
    keys: packKeys(keys),
    vectors,
    hasVector: new Uint8Array(keys.length).fill(1),
    sourceHashes: BigInt64Array.from(keys, BigInt),
    embeddedAtMs: 0,
  };
}

/** A batch of keys and texts of about sixty bytes. */
export function madeUpRows(first: number, count: number): RecordBatch {
  const keys = BigInt64Array.from({ length: count }, (_, row) => BigInt(first + row));
  const texts = Array.from({ length: count }, (_, row) => madeUpText(first + row));
  const fields = [
    new arrow.Field("id", new arrow.Int64(), true),
    new arrow.Field("text", new arrow.Utf8(), true),
  ];
  const children = [
    arrow.makeData({ type: new arrow.Int64(), length: count, nullCount: 0, data: keys }),
    arrow.vectorFromArray(texts, new arrow.Utf8()).data[0]!,
  ];
  const data = arrow.makeData({ type: new arrow.Struct(fields), length: count, nullCount: 0, children });
  return new arrow.RecordBatch(new arrow.Schema(fields), data);
}

function madeUpText(number: number): string {
  return `the definition of word number ${number}, about sixty bytes`;
}

/** The space of vectors that nothing computed. */
export function nullSpace(dimensions: number): Space {
  return makeSpace({
    format: 1,
    kind: "static",
    model: "null embedder",
    packageDigest: null,
    dimensions,
    pooling: "none",
    normalize: false,
    documentPrompt: "",
    queryPrompt: "",
    maxTokens: 1,
    truncation: "right",
    quantisation: "float32",
    grouping: "any",
    runtime: "none",
    instructionClass: "any",
  });
}

/** A version as a table would record it, for parts that are measured without one. */
export function nullVersion(dimensions: number): VersionRecord {
  const { id, description } = nullSpace(dimensions);
  return {
    name: "v1",
    column: "v1_vector",
    hashColumn: "v1_hash",
    embeddedAtColumn: "v1_at",
    ordinal: 1,
    reference: "none",
    spaceId: id,
    space: description,
    vectorType: "float32",
    baseModel: null,
    backup: false,
    state: "backfilling",
    dueAt: null,
    canary: null,
    history: [],
  };
}

/** A lane that makes vectors up: whatever it is part of is measured without a model. */
export function nullLane(dimensions: number): Lane {
  let texts = 0;
  return {
    space: nullSpace(dimensions),
    get stats() {
      const none = { busySeconds: 0, tokenizeSeconds: 0, inferSeconds: 0, poolSeconds: 0, waitSeconds: 0 };
      return { workers: 1, texts, tokens: texts, slots: texts, startSeconds: 0, ...none };
    },
    embed(list): Promise<EmbeddedTexts> {
      const count = countTexts(textBatch(list));
      const vectors = new Float32Array(count * dimensions);
      for (let row = 0; row < count; row += 1) {
        fillVector(vectors, row * dimensions, dimensions, texts + row);
      }
      texts += count;
      const totals = { computed: count, deduplicated: 0, tokens: count, slots: count, truncated: 0 };
      return Promise.resolve({ vectors, outcomes: new Uint8Array(count), ...totals });
    },
    close: () => Promise.resolve(),
  };
}
