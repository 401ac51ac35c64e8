/** A set of source hashes: 8 bytes a slot, at least a third of which are in use. */
export interface HashSet {
  readonly size: number;
  has(hash: bigint): boolean;
  /** False where it was there already. */
  add(hash: bigint): boolean;
  addAll(hashes: BigInt64Array): void;
}

const firstSlots = 1024;

/** Slots are doubled when more than this share is in use: probes stay at about two. */
const maxLoad = 0.6;

/** An empty set: open addressing with linear probing. A `Set` of bigints takes some ten times the memory. */
export function createHashSet(): HashSet {
  let slots = new BigInt64Array(firstSlots);
  let inUse = 0;
  // A slot of zero is free, so the hash zero is kept apart.
  let hasZero = false;

  const grow = (): void => {
    const larger = new BigInt64Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0n) larger[slotOf(larger, hash)] = hash;
    slots = larger;
  };

  const add = (hash: bigint): boolean => {
    if (hash === 0n) {
      const isNew = !hasZero;
      hasZero = true;
      return isNew;
    }
    if ((inUse + 1) / slots.length > maxLoad) grow();
    const slot = slotOf(slots, hash);
    if (slots[slot] === hash) return false;
    slots[slot] = hash;
    inUse += 1;
    return true;
  };

  return {
    get size() {
      return inUse + (hasZero ? 1 : 0);
    },
    has: (hash) => (hash === 0n ? hasZero : slots[slotOf(slots, hash)] === hash),
    add,
    addAll(hashes) {
      for (const hash of hashes) add(hash);
    },
  };
}

/** The slot of a hash, or the free one where it belongs. A hash is uniform: its low bits are as good as any. */
function slotOf(slots: BigInt64Array, hash: bigint): number {
  const mask = slots.length - 1;
  let slot = Number(BigInt.asUintN(32, hash)) & mask;
  while (slots[slot] !== 0n && slots[slot] !== hash) slot = (slot + 1) & mask;
  return slot;
}
