/** Token ids of many texts, end to end, in one growing array. */
export interface TokenBuffer {
  /** Owner: the buffer; replaced when it grows, so read it anew after each append. */
  ids: Int32Array;
  length: number;
}

/** An empty buffer with room for `capacityTokens`. */
export function createTokenBuffer(capacityTokens: number): TokenBuffer {
  return { ids: new Int32Array(capacityTokens), length: 0 };
}

/** Makes room for `extraTokens` more. */
export function reserveTokens(buffer: TokenBuffer, extraTokens: number): void {
  const needed = buffer.length + extraTokens;
  if (needed <= buffer.ids.length) return;
  const grown = new Int32Array(Math.max(needed, buffer.ids.length * 2));
  grown.set(buffer.ids.subarray(0, buffer.length));
  buffer.ids = grown;
}
