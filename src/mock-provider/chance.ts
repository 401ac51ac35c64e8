/**
 * A number in [0, 1) that depends on nothing but the seed, the number of the request and what it is
 * drawn for: faults do not move when others are switched on, or when answers take longer.
 * Source: FNV-1a over the purpose, then the finalizer of MurmurHash3 (both public domain).
 */
export function chance(seed: number, requestNumber: number, purpose: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ requestNumber, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
