/**
 * The keys seen so far, to find duplicates among millions. Integers, and strings of up to 11 bytes,
 * are held as they are, so comparing them is exact. Longer strings are held as 88 bits of a hash:
 * among 10^9 of them the chance that any two different ones are taken for the same is below 2 in
 * 10^9. Memory: 16 bytes a slot, 21 to 32 bytes a key.
 */
export interface KeySet {
  readonly size: number;
  /** Adds a string; -1 if it is new, else the ordinal that it was first added with. */
  addBytes(bytes: Uint8Array, start: number, end: number, ordinal: number): number;
  /** Adds an integer, as the low and high 32 bits of its 64. */
  addInteger(low: number, high: number, ordinal: number): number;
}

/** Words of a slot: two of the key, one of the key and its tag, one for its ordinal. */
const slotWords = 4;
const firstCapacity = 1 << 14;
const maxLoad = 0.75;
const growth = 1.5;
const inlineBytes = 11;

/** Tags, in the top byte of a slot's third word; 0 is an empty slot. Inline strings: length + 1. */
const integerTag = 0xfe;
const hashTag = 0xff;

/** An empty set. Ordinals must be below 2^32. */
export function keySet(): KeySet {
  let capacity = firstCapacity;
  let slots = new Uint32Array(capacity * slotWords);
  let size = 0;
  const hashed = new Uint32Array(3);

  const slotOf = (a: number, b: number, c: number): number =>
    Math.floor((mixWords(a, b, c) / 0x1_0000_0000) * capacity);

  const grow = (): void => {
    const before = slots;
    capacity = Math.floor(capacity * growth);
    slots = new Uint32Array(capacity * slotWords);
    for (let at = 0; at < before.length; at += slotWords) {
      const c = before[at + 2] ?? 0;
      if (c === 0) continue;
      const [a, b] = [before[at] ?? 0, before[at + 1] ?? 0];
      let to = slotOf(a, b, c) * slotWords;
      while (slots[to + 2] !== 0) to = to + slotWords === slots.length ? 0 : to + slotWords;
      slots[to] = a;
      slots[to + 1] = b;
      slots[to + 2] = c;
      slots[to + 3] = before[at + 3] ?? 0;
    }
  };

  const add = (a: number, b: number, c: number, ordinal: number): number => {
    if (size >= capacity * maxLoad) grow();
    let at = slotOf(a, b, c) * slotWords;
    while (slots[at + 2] !== 0) {
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return slots[at + 3] ?? 0;
      at = at + slotWords === slots.length ? 0 : at + slotWords;
    }
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = c;
    slots[at + 3] = ordinal;
    size += 1;
    return -1;
  };

  return {
    get size() {
      return size;
    },
    addInteger: (low, high, ordinal) => add(low >>> 0, high >>> 0, (integerTag << 24) >>> 0, ordinal),
    addBytes(bytes, start, end, ordinal) {
      const length = end - start;
      if (length > inlineBytes) {
        hashBytes(bytes, start, end, hashed);
        const tagged = (((hashed[2] ?? 0) & 0xff_ffff) | (hashTag << 24)) >>> 0;
        return add(hashed[0] ?? 0, hashed[1] ?? 0, tagged, ordinal);
      }
      const a = littleWord(bytes, start, Math.min(end, start + 4));
      const b = littleWord(bytes, start + 4, Math.min(end, start + 8));
      const c = littleWord(bytes, start + 8, end);
      return add(a, b, (c | ((length + 1) << 24)) >>> 0, ordinal);
    },
  };
}

function littleWord(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let at = end - 1; at >= start; at -= 1) word = (word << 8) | (bytes[at] ?? 0);
  return word >>> 0;
}

/** Where a key goes in the table: all bits of all words matter. */
function mixWords(a: number, b: number, c: number): number {
  return finish(a ^ Math.imul(finish(b ^ Math.imul(finish(c), 0x9e37_79b1)), 0x85eb_ca77));
}

/**
 * 96 bits of hash, as three lanes that each take every word of the input, multiplied by the lane's
 * own constant, and are mixed with one another at the end.
 * Source: the multiply-rotate construction and finaliser of MurmurHash3 (A. Appleby, 2011).
 */
function hashBytes(bytes: Uint8Array, start: number, end: number, into: Uint32Array): void {
  const length = end - start;
  let x = length ^ 0x2545_f491;
  let y = length ^ 0x4f6c_dd1d;
  let z = length ^ 0x6a09_e667;
  for (let at = start; at < end; at += 4) {
    const word =
      at + 4 <= end
        ? (bytes[at] ?? 0) |
          ((bytes[at + 1] ?? 0) << 8) |
          ((bytes[at + 2] ?? 0) << 16) |
          ((bytes[at + 3] ?? 0) << 24)
        : littleWord(bytes, at, end);
    x =
      Math.imul(rotate(x ^ Math.imul(rotate(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593), 13), 5) +
      0xe654_6b64;
    y =
      Math.imul(rotate(y ^ Math.imul(rotate(Math.imul(word, 0x239b_961b), 16), 0xab0e_9789), 17), 5) +
      0x561c_cd1b;
    z =
      Math.imul(rotate(z ^ Math.imul(rotate(Math.imul(word, 0x38b3_4ae5), 18), 0xa1e3_8b93), 19), 5) +
      0x0bca_a747;
  }
  into[0] = finish(x ^ rotate(y, 11) ^ rotate(z, 22));
  into[1] = finish(y ^ Math.imul(z, 0x9e37_79b1));
  into[2] = finish(z);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** MurmurHash3's 32-bit finaliser: every bit of the input changes half of the output's. */
function finish(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
