/** Where a vector lies: a segment by its number, and the byte of its file. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** Places by source hash, in typed arrays: 20 bytes a slot, a slot at least half of which are in use. */
export interface HashPlaces {
  readonly size: number;
  get(hash: bigint): Place | undefined;
  /** Sets the place of a hash that has none; false where it has one, which stays. */
  add(hash: bigint, place: Place): boolean;
  /** Takes a hash out; its segment, or -1 where it was not there. */
  remove(hash: bigint): number;
  /** Takes every hash of a segment out. */
  removeSegment(segment: number): void;
}

const firstSlots = 1024;

/** Slots are doubled when more than this share is in use: probes stay at about two. */
const maxLoad = 0.6;

const free = -1;

/** An empty table: open addressing with linear probing, and no marks left behind by what was removed. */
export function createHashPlaces(): HashPlaces {
  let slots = firstSlots;
  let hashes = new BigInt64Array(slots);
  let segments = new Int32Array(slots).fill(free);
  let offsets = new Float64Array(slots);
  let size = 0;

  // A source hash is uniform already: its low bits are as good as any.
  const home = (hash: bigint): number => Number(BigInt.asUintN(32, hash)) & (slots - 1);
  const next = (slot: number): number => (slot + 1) & (slots - 1);

  const slotOf = (hash: bigint): number => {
    let slot = home(hash);
    while (segments[slot] !== free && hashes[slot] !== hash) slot = next(slot);
    return slot;
  };

  const put = (slot: number, hash: bigint, segment: number, offset: number): void => {
    hashes[slot] = hash;
    segments[slot] = segment;
    offsets[slot] = offset;
  };

  const grow = (): void => {
    const old = { hashes, segments, offsets };
    slots *= 2;
    hashes = new BigInt64Array(slots);
    segments = new Int32Array(slots).fill(free);
    offsets = new Float64Array(slots);
    for (const [index, segment] of old.segments.entries()) {
      const hash = old.hashes[index] as bigint;
      if (segment !== free) put(slotOf(hash), hash, segment, old.offsets[index] as number);
    }
  };

  const remove = (hash: bigint): number => {
    let hole = slotOf(hash);
    const segment = segments[hole] as number;
    if (segment === free) return -1;
    size -= 1;
    // Whatever was pushed past the hole moves up into it, so that every probe still ends well.
    for (let slot = next(hole); segments[slot] !== free; slot = next(slot)) {
      const distance = (slot - home(hashes[slot] as bigint)) & (slots - 1);
      if (distance < ((slot - hole) & (slots - 1))) continue;
      put(hole, hashes[slot] as bigint, segments[slot] as number, offsets[slot] as number);
      hole = slot;
    }
    segments[hole] = free;
    return segment;
  };

  return {
    get size() {
      return size;
    },
    get(hash) {
      const slot = slotOf(hash);
      const segment = segments[slot] as number;
      return segment === free ? undefined : { segment, offset: offsets[slot] as number };
    },
    add(hash, { segment, offset }) {
      if ((size + 1) / slots > maxLoad) grow();
      const slot = slotOf(hash);
      if (segments[slot] !== free) return false;
      put(slot, hash, segment, offset);
      size += 1;
      return true;
    },
    remove,
    removeSegment(segment) {
      const gone = hashes.filter((_, slot) => segments[slot] === segment);
      for (const hash of gone) remove(hash);
    },
  };
}
