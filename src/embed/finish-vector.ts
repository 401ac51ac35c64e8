import { embedded, notFinite, type RowOutcome } from "../core/outcome.ts";

/**
 * The last step of every vector: scale to unit length where the space says so, and refuse what is no
 * vector. A vector that is not finite, or of length zero where it must be scaled, is zeroed.
 */
export function finishVector(vector: Float32Array, normalize: boolean): RowOutcome {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  if (!Number.isFinite(squares) || squares === 0) {
    vector.fill(0);
    return notFinite;
  }
  if (normalize) {
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  }
  return embedded;
}
