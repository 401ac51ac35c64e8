/**
 * What became of one text in a lane. Only `embedded` has a vector. The next three, and `too-long`, are
 * the text's own nature in this model; `not-finite` is a failure of the model, and
 * `refused-by-provider` means that a provider takes other texts and not this one.
 */
export const rowOutcomes = [
  "embedded",
  "empty",
  "no-known-token",
  "zero-vector",
  "not-finite",
  "too-long",
  "refused-by-provider",
] as const;

/** Index into `rowOutcomes`: a number, since outcomes cross threads by the thousand. */
export type RowOutcome = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export type RowOutcomeName = (typeof rowOutcomes)[number];

export const embedded: RowOutcome = 0;
export const emptyText: RowOutcome = 1;
export const noKnownToken: RowOutcome = 2;
/** All of its tokens' rows are zero, or cancel out: it has no direction to compare. */
export const zeroVector: RowOutcome = 3;
export const notFinite: RowOutcome = 4;
/** It has more tokens than the model takes, and the space says to leave such texts out. */
export const tooLong: RowOutcome = 5;
export const refusedByProvider: RowOutcome = 6;

/** Outcomes that are failures, of the model or of its provider, rather than the text's own nature. */
export const failures: ReadonlySet<RowOutcomeName> = new Set(["not-finite", "refused-by-provider"]);
