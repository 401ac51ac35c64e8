import { embedded, notFinite, type RowOutcome, zeroVector } from "../core/outcome.ts";

/**
 * The last step of every vector: scale to unit length where the space says so, and refuse what is no
 * vector: one of length zero, and one that is not finite, which is zeroed.
 */
export function finishVector(vector: Float32Array, normalize: boolean): RowOutcome {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  if (squares === 0) return zeroVector;
  if (!Number.isFinite(squares)) {
    vector.fill(0);
    return notFinite;
  }
  if (normalize) {
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  }
  return embedded;
}
