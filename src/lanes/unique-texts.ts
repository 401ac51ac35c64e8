/** The different texts of a list, and which of them each item is. */
export interface UniqueTexts {
  /** Each text once, in order of its first appearance. */
  readonly texts: readonly string[];
  /** Index into `texts` of each item. Shape: `[items]`. */
  readonly indexOf: Int32Array;
  /** Index of the item in which each text appears first. Shape: `[texts]`. */
  readonly firstItem: Int32Array;
  /** How many items are each text. Shape: `[texts]`. */
  readonly copies: Int32Array;
}

/** Finds identical texts, so that each is embedded once. */
export function uniqueTexts(items: readonly string[]): UniqueTexts {
  const seen = new Map<string, number>();
  const texts: string[] = [];
  const indexOf = new Int32Array(items.length);
  const firstItem = new Int32Array(items.length);
  const copies = new Int32Array(items.length);
  for (let item = 0; item < items.length; item++) {
    const text = items[item]!;
    let index = seen.get(text);
    if (index === undefined) {
      index = texts.length;
      seen.set(text, index);
      firstItem[index] = item;
      texts.push(text);
    }
    indexOf[item] = index;
    copies[index]!++;
  }
  return {
    texts,
    indexOf,
    firstItem: firstItem.subarray(0, texts.length),
    copies: copies.subarray(0, texts.length),
  };
}
