/** What became of one text in a lane. A number, since outcomes cross threads by the thousand. */
export const rowOutcomes = ["embedded", "empty", "no-known-token", "not-finite"] as const;

/** Index into `rowOutcomes`. 0 is a good vector; every other value has none. */
export type RowOutcome = 0 | 1 | 2 | 3;

export type RowOutcomeName = (typeof rowOutcomes)[number];

export const embedded: RowOutcome = 0;
export const emptyText: RowOutcome = 1;
export const noKnownToken: RowOutcome = 2;
export const notFinite: RowOutcome = 3;
