/** A prime stride visits every place of a vector whose length it does not divide. */
const stride = 7919;

/** Widens vectors of one length to another. */
export type WidenVector = (source: Float32Array, target: Float32Array) => void;

/**
 * A way to write vectors of `length` dimensions into more, with the same angles to each other: the
 * vector itself, then copies of it with their places and signs mixed. Copies that fit whole keep every
 * cosine exactly; a last one that is cut keeps them nearly. All of it is scaled to unit length. Into
 * fewer dimensions, the first ones stay, scaled likewise; into as many, the vector stays as it is.
 */
export function createWidening(length: number, wideLength: number): WidenVector {
  if (wideLength === length) return (source, target) => target.set(source);
  const places = new Int32Array(wideLength);
  const signs = new Int8Array(wideLength);
  for (let place = 0; place < wideLength; place++) {
    const copy = Math.floor(place / length);
    places[place] = copy === 0 ? place : ((place % length) * stride + copy) % length;
    signs[place] = copy === 0 ? 1 : signOf(place);
  }
  return (source, target) => {
    for (let place = 0; place < wideLength; place++) target[place] = source[places[place]!]! * signs[place]!;
    scaleToUnit(target);
  };
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
