/**
 * How the values of a stored vector are written. It is no part of the space: the space decides where a
 * text lands, the type only how finely that point is written down. Rounding to float16 moves a unit
 * vector by a cosine of less than 1e-6, far less than what two machines differ by, and a query is
 * compared with either in the same way. So versions of both types share a space id.
 */
export const vectorTypes = ["float32", "float16", "float64"] as const;
export type VectorType = (typeof vectorTypes)[number];

/** The types that a new version may have. float64 is met only in columns that others made. */
export const newVectorTypes = ["float32", "float16"] as const satisfies readonly VectorType[];
export type NewVectorType = (typeof newVectorTypes)[number];

/** Bytes of one value on disk. */
export const bytesPerValue: Readonly<Record<VectorType, number>> = { float16: 2, float32: 4, float64: 8 };
