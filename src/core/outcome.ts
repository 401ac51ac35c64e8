/**
 * What became of one text in a lane. Only `embedded` has a vector. The next three are the text's own
 * nature in this model; `not-finite` is a failure of the model.
 */
export const rowOutcomes = ["embedded", "empty", "no-known-token", "zero-vector", "not-finite"] as const;

/** Index into `rowOutcomes`: a number, since outcomes cross threads by the thousand. */
export type RowOutcome = 0 | 1 | 2 | 3 | 4;

export type RowOutcomeName = (typeof rowOutcomes)[number];

export const embedded: RowOutcome = 0;
export const emptyText: RowOutcome = 1;
export const noKnownToken: RowOutcome = 2;
/** All of its tokens' rows are zero, or cancel out: it has no direction to compare. */
export const zeroVector: RowOutcome = 3;
export const notFinite: RowOutcome = 4;
