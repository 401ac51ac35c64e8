/**
 * The canary of a space: vectors of fixed texts, pinned once, and measured again wherever one must be
 * sure that a model, a machine or a provider still makes the vectors of that space.
 */
import { canaryTexts, canaryTextsDigest } from "./canary-texts.ts";
import { fromFloat16Bits, toFloat16Bits } from "./float16.ts";
import type { Quantisation, Space, SpaceDescription } from "./space.ts";

/** Vectors of the fixed texts, as they were when they were pinned: one record a space. */
export interface CanaryRecord {
  readonly format: 1;
  readonly spaceId: string;
  /** Digest of the list of texts that the vectors belong to. */
  readonly textsDigest: string;
  /** The CPU's instruction class that made the vectors; `any` where it is none of ours. */
  readonly instructionClass: string;
  readonly dimensions: number;
  /** Shape: `[texts, dimensions]`, row-major, little-endian, in base64. No vector: zeros. */
  readonly vectors: string;
  /** What `vectors` holds. @default "float32" */
  readonly vectorType?: "float16" | undefined;
  /**
   * The largest cosine distance between two measurements of one text, when it was pinned. 0 where the
   * same text has the same vector every time; providers differ in the third or fourth decimal.
   */
  readonly noiseFloor: number;
  /** ISO 8601, UTC. */
  readonly pinnedAt: string;
}

/** What a model must give before it is used. */
export interface CanaryCheck {
  readonly record: CanaryRecord;
  /** Cosine distance that is allowed. */
  readonly tolerance: number;
  /** File that holds the record, for messages. */
  readonly pinnedIn: string;
}

/** What makes the vectors of a space, as far as it decides how exactly they repeat. */
export type CanaryKind = "static" | "api" | Quantisation;

interface Tolerances {
  /** Cosine distance up to which the same text has the same vector. */
  readonly sameClass: number;
  /** The same between CPUs of different instruction classes. */
  readonly otherClass: number;
}

/** How far the vectors of one space may lie apart. Unit: cosine distance. */
export const canaryTolerances: Readonly<Record<CanaryKind, Tolerances>> = {
  // Sums of table rows in a fixed order: only the last bit of a float32 can differ.
  static: { sameClass: 1e-6, otherClass: 1e-6 },
  // Kernels may add in another order. Different servers' MiniLM agree to better than 1e-4.
  float32: { sameClass: 1e-4, otherClass: 1e-4 },
  // Ten bits of mantissa: a step is 1e-3 of a value, and steps of many values partly cancel.
  float16: { sameClass: 1e-3, otherClass: 1e-3 },
  // Integer sums are exact on one class of CPU. Another may saturate: MiniLM with and without a wider
  // sum, on one AVX2 machine, is 0.008 apart on the fixed texts in the median, and 0.038 at most.
  int8: { sameClass: 1e-3, otherClass: 5e-2 },
  "int8-dynamic": { sameClass: 1e-3, otherClass: 5e-2 },
  // Where nobody has measured the noise of a provider yet: what batching does to half precision.
  api: { sameClass: 1e-3, otherClass: 1e-3 },
};

/** A space's noise was seen a few times only; the next time may be this much louder. */
const noiseMargin = 4;

/** What makes the vectors of a described space. */
export function canaryKind({ kind, quantisation }: SpaceDescription): CanaryKind {
  return kind === "onnx" ? quantisation : kind;
}

/** The tolerance to compare a record with. @param instructionClass of the CPU that measures now */
export function canaryTolerance(kind: CanaryKind, record: CanaryRecord, instructionClass: string): number {
  const { sameClass, otherClass } = canaryTolerances[kind];
  const same = record.instructionClass === instructionClass;
  return Math.max(same ? sameClass : otherClass, record.noiseFloor * noiseMargin);
}

export interface PinnedCanary {
  readonly instructionClass: string;
  readonly noiseFloor: number;
  readonly pinnedAtMs: number;
}

/** Makes the record of a space. @param vectors of all texts, in order. Shape: `[texts, dimensions]` */
export function makeCanaryRecord(space: Space, vectors: Float32Array, pinned: PinnedCanary): CanaryRecord {
  const { dimensions } = space.description;
  if (vectors.length !== canaryTexts.length * dimensions) {
    throw new RangeError(`${vectors.length} numbers are not ${canaryTexts.length} x ${dimensions}`);
  }
  return {
    format: 1,
    spaceId: space.id,
    textsDigest: canaryTextsDigest,
    instructionClass: pinned.instructionClass,
    dimensions,
    vectors: Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength).toString("base64"),
    noiseFloor: pinned.noiseFloor,
    pinnedAt: new Date(pinned.pinnedAtMs).toISOString(),
  };
}

/** The vectors of a record. Owner: the caller. Shape: `[texts, dimensions]` */
export function canaryVectors({ vectors, vectorType }: CanaryRecord): Float32Array {
  // Copied, since a small Buffer may start anywhere in a shared pool, and floats only at multiples of 4.
  const { buffer } = Uint8Array.from(Buffer.from(vectors, "base64"));
  if (vectorType === undefined) return new Float32Array(buffer);
  return Float32Array.from(new Uint16Array(buffer), fromFloat16Bits);
}

/**
 * The record with its vectors as float16, as a table keeps it: its metadata is read with every search.
 * Rounding moves a vector by a cosine distance of about 1e-7, a tenth of the smallest tolerance.
 */
export function compactCanary(record: CanaryRecord): CanaryRecord {
  const bits = Uint16Array.from(canaryVectors(record), toFloat16Bits);
  return { ...record, vectors: Buffer.from(bits.buffer).toString("base64"), vectorType: "float16" };
}

/** A value read from a file as a record, or the reason why it is none. */
export function parseCanaryRecord(value: unknown): CanaryRecord | string {
  if (value === null || typeof value !== "object") return "it is no object";
  const record = value as Partial<CanaryRecord>;
  if (record.format !== 1) return `format is ${JSON.stringify(record.format)}, not 1`;
  for (const name of ["spaceId", "textsDigest", "instructionClass", "vectors", "pinnedAt"] as const) {
    if (typeof record[name] !== "string") return `${name} is missing`;
  }
  const { dimensions, noiseFloor } = record;
  if (!Number.isSafeInteger(dimensions) || dimensions! < 1) return "dimensions is no count";
  if (typeof noiseFloor !== "number" || !(noiseFloor >= 0 && noiseFloor < 1)) {
    return "noiseFloor is no cosine distance";
  }
  const checked = record as CanaryRecord;
  if (checked.vectorType !== undefined && checked.vectorType !== "float16") {
    return `vectorType is ${JSON.stringify(checked.vectorType)}, which is not known`;
  }
  const valueBytes = checked.vectorType === undefined ? 4 : 2;
  const rowBytes = checked.dimensions * valueBytes;
  const bytes = Buffer.from(checked.vectors, "base64").length;
  // A record of another list of texts may have any number of rows.
  const expected = checked.textsDigest === canaryTextsDigest ? canaryTexts.length * rowBytes : null;
  if (bytes % rowBytes !== 0 || (expected !== null && bytes !== expected)) {
    return `vectors has ${bytes} bytes, not ${expected ?? `a multiple of ${rowBytes}`}`;
  }
  return checked;
}
