import type { VectorChange } from "../core/served-model.ts";
import { scaleToUnit, signOf } from "./widen-vector.ts";

/** Places that the second direction of a drift is shifted by: any number but 0 will do. */
const driftShift = 17;

/**
 * Moves a unit vector as other weights would: the same text always lands on the same other place, at
 * the cosine distance asked for, and the neighbours of a text move with it.
 */
export function driftVector(vector: Float32Array, cosineDistance: number): void {
  const length = vector.length;
  const aside = new Float32Array(length);
  let shared = 0;
  for (let i = 0; i < length; i++) {
    aside[i] = vector[(i + driftShift) % length]! * signOf(i);
    shared += aside[i]! * vector[i]!;
  }
  for (let i = 0; i < length; i++) aside[i] = aside[i]! - shared * vector[i]!;
  scaleToUnit(aside);
  const along = 1 - cosineDistance;
  const across = Math.sqrt(Math.max(0, 1 - along * along));
  for (let i = 0; i < length; i++) vector[i] = along * vector[i]! + across * aside[i]!;
}

/** Adds noise to each component, the same for the same seed. Source: xorshift32 (Marsaglia, 2003). */
export function jitterVector(vector: Float32Array, { jitter, seed }: VectorChange, row: number): void {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35)) | 1;
  for (let i = 0; i < vector.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    vector[i] = vector[i]! + (state / 2 ** 31) * jitter;
  }
}
