/** A stride that shares no factor with any length but multiples of itself, so that it visits every place. */
const stride = 7919;

/**
 * Writes a vector of more dimensions with the same angles to all others: the vector itself, then
 * copies of it with their places and signs mixed. Copies that fit whole keep every cosine exactly; a
 * last one that is cut keeps them nearly. All of it is scaled to the length of the source.
 *
 * Shape: `source` `[n]`, `target` `[m]`; where `m` is below `n`, the first `m` components stay.
 */
export function widenVector(source: Float32Array, target: Float32Array): void {
  const length = source.length;
  if (target.length <= length) {
    target.set(source.subarray(0, target.length));
    if (target.length < length) scaleToUnit(target);
    return;
  }
  target.set(source);
  for (let place = length; place < target.length; place++) {
    const copy = Math.floor(place / length);
    const from = ((place % length) * stride + copy * 31) % length;
    target[place] = source[from]! * signOf(place);
  }
  scaleToUnit(target);
}

/** Scales a vector to unit length, in place; one of length zero stays. */
export function scaleToUnit(vector: Float32Array): void {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! * scale;
}

/** A sign for a place, fixed for ever. Source: the finalizer of MurmurHash3 (public domain). */
export function signOf(place: number): 1 | -1 {
  let hash = place | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & 1) === 0 ? 1 : -1;
}
