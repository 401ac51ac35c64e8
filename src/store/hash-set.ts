/** The distinct hashes of a list of texts, to look many others up in. */
export interface HashSet {
  /** Distinct hashes; each is an entry, from 0. */
  readonly size: number;
  /** The entry of a hash given as its low and high word; -1 where it is none of these. */
  find(low: number, high: number): number;
  /** Positions of the texts with this hash. */
  textsOf(entry: number): readonly number[];
}

/** At most half of the slots are used, so that a look-up of what is not there ends at once. */
const slotsPerHash = 2;

/** Makes the set. Memory: about 40 bytes a text. */
export function hashSet(hashes: BigInt64Array): HashSet {
  const words = new Int32Array(hashes.buffer, hashes.byteOffset, hashes.length * 2);
  const slots = 2 ** Math.ceil(Math.log2(Math.max(1, hashes.length) * slotsPerHash));
  const entries = new Int32Array(slots).fill(-1);
  const lows = new Int32Array(hashes.length);
  const highs = new Int32Array(hashes.length);
  const texts: number[][] = [];

  /** The slot that holds the hash, or the free one where it would go. A source hash is uniform already. */
  const slotOf = (low: number, high: number): number => {
    let slot = low & (slots - 1);
    for (;;) {
      const entry = entries[slot] as number;
      if (entry < 0 || (lows[entry] === low && highs[entry] === high)) return slot;
      slot = (slot + 1) & (slots - 1);
    }
  };

  for (let text = 0; text < hashes.length; text += 1) {
    const low = words[text * 2] as number;
    const high = words[text * 2 + 1] as number;
    const slot = slotOf(low, high);
    const entry = entries[slot] as number;
    if (entry >= 0) {
      texts[entry]?.push(text);
      continue;
    }
    entries[slot] = texts.length;
    lows[texts.length] = low;
    highs[texts.length] = high;
    texts.push([text]);
  }

  return {
    size: texts.length,
    find: (low, high) => entries[slotOf(low, high)] as number,
    textsOf: (entry) => texts[entry] ?? [],
  };
}
