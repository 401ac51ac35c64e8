/**
 * A table from words to their token ids that makes no strings: words are looked up as UTF-16 units
 * in a scratch array. It only remembers what `spell` answers, so it may forget at any time.
 */
export interface WordTable {
  /** The word to look up: the first `length` units, of which the caller writes. Shape: `[maxUnits]`. */
  readonly word: Uint16Array;
  /** Ids of every word in the table, end to end; replaced when it grows. */
  readonly ids: () => Int32Array;
  /**
   * Where the word's ids stand: `start * 256 + count`.
   * @param hash a hash of the word's units; the same word must come with the same hash
   */
  find(length: number, hash: number): number;
}

/** A word has fewer ids than this: at most one a unit. */
export const idCountRange = 256;

/** Words kept. 131,072 hold all but the rarest words of a corpus in about 6 MB. */
const maxWords = 131_072;
const slotMask = maxWords * 2 - 1;
const averageUnits = 12;

/** An empty table for words of at most `maxUnits` units. @param spell appends the ids of a new word */
export function createWordTable(maxUnits: number, spell: (word: string, ids: number[]) => void): WordTable {
  const word = new Uint16Array(maxUnits);
  const slots = new Int32Array(slotMask + 1);
  const hashes = new Int32Array(maxWords + 1);
  const keyStarts = new Int32Array(maxWords + 2);
  const values = new Float64Array(maxWords + 1);
  const keys = new Uint16Array(maxWords * averageUnits + maxUnits);
  let ids = new Int32Array(maxWords);
  let words = 0;
  let idCount = 0;
  const spelt: number[] = [];

  function find(length: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & slotMask;
    for (;;) {
      const entry = slots[slot]!;
      if (entry === 0) return add(slot, length, hash);
      if (hashes[entry] === hash && same(entry, length)) return values[entry]!;
      slot = (slot + 1) & slotMask;
    }
  }

  function same(entry: number, length: number): boolean {
    const start = keyStarts[entry]!;
    if (keyStarts[entry + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) {
      if (keys[start + i] !== word[i]) return false;
    }
    return true;
  }

  function add(slot: number, length: number, hash: number): number {
    let free = slot;
    if (words === maxWords || keyStarts[words + 1]! + length > keys.length) {
      slots.fill(0);
      words = 0;
      idCount = 0;
      free = (hash ^ (hash >>> 15)) & slotMask;
    }
    spelt.length = 0;
    spell(String.fromCharCode(...word.subarray(0, length)), spelt);
    if (idCount + spelt.length > ids.length) {
      const grown = new Int32Array(Math.max(ids.length * 2, idCount + spelt.length));
      grown.set(ids);
      ids = grown;
    }
    ids.set(spelt, idCount);
    words++;
    keys.set(word.subarray(0, length), keyStarts[words]);
    keyStarts[words + 1] = keyStarts[words]! + length;
    hashes[words] = hash;
    values[words] = idCount * idCountRange + spelt.length;
    slots[free] = words;
    idCount += spelt.length;
    return values[words]!;
  }

  return { word, ids: () => ids, find };
}
