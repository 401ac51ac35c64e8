/** Two-sided 95 % point of the normal distribution. */
const z95 = 1.96;

/** Tokens of a part of the sample: some rows that stand side by side in the table. */
export interface CountedPart {
  readonly texts: number;
  readonly tokens: number;
}

export interface TokenEstimate {
  readonly tokens: number;
  /** Half width of the 95 % interval of `tokens`. */
  readonly tokensError: number;
}

/**
 * Tokens of all rows from parts of a sample. The interval comes from how far the parts' means lie apart,
 * since rows that stand side by side are often alike, and narrows as the sample comes close to the whole.
 * @param rows rows to be embedded, which the sample stands for
 * @param population rows that the sample was taken from
 * @param countingError how far a count itself may be off, as a share of it
 */
export function estimateTokens(
  parts: readonly CountedPart[],
  rows: number,
  population: number,
  countingError: number,
): TokenEstimate {
  const texts = parts.reduce((sum, part) => sum + part.texts, 0);
  if (texts === 0) return { tokens: 0, tokensError: 0 };
  const mean = parts.reduce((sum, part) => sum + part.tokens, 0) / texts;
  const squares = parts.map((part) => (part.tokens - mean * part.texts) ** 2);
  const variance =
    (squares.reduce((sum, square) => sum + square, 0) * parts.length) /
    Math.max(1, parts.length - 1) /
    texts ** 2;
  const unseen = Math.max(0, 1 - texts / population);
  const sampling = z95 * Math.sqrt(variance * unseen) * rows;
  const tokens = mean * rows;
  return {
    tokens: Math.round(tokens),
    tokensError: Math.round(Math.hypot(sampling, countingError * tokens)),
  };
}
