import { canaryKind, canaryTolerances } from "../core/canary.ts";
import { cosineOf } from "../core/cosine.ts";
import { embedded } from "../core/outcome.ts";
import type { ForeignRows } from "../core/ports-adoption.ts";
import type { Lane } from "../core/ports.ts";
import type { SpaceDescription } from "../core/space.ts";
import type { SampleCheck } from "../core/verbs-adoption.ts";

/**
 * How far other programs may lie from ours with the same model: they add in another order and may
 * store float16. Unit: cosine distance.
 */
const otherPrograms = 1e-5;

/** How far a normalised vector's length may be from 1: ten times what rounding to float16 does. */
const lengthTolerance = 5e-3;

/** The cosine from which on two vectors of one text are of this space. */
export function neededCosine(space: SpaceDescription): number {
  return 1 - Math.max(otherPrograms, canaryTolerances[canaryKind(space)].sameClass);
}

/** Embeds the rows again and compares: what the lane says now with what stands in the table. */
export async function checkSample(
  lane: Lane,
  rows: ForeignRows,
  signal: AbortSignal | undefined,
  needed: number = neededCosine(lane.space.description),
): Promise<SampleCheck> {
  const { description } = lane.space;
  const { dimensions } = description;
  const made = await lane.embed(rows.texts, { purpose: "document", signal });
  const cosines: number[] = [];
  let agreed = 0;
  for (const [row, stored] of rows.vectors.entries()) {
    if (stored === null || stored.length !== dimensions || made.outcomes[row] !== embedded) continue;
    const fresh = made.vectors.subarray(row * dimensions, (row + 1) * dimensions);
    const cosine = cosineOf(stored, fresh);
    cosines.push(cosine);
    const hasLength = !description.normalize || Math.abs(Math.hypot(...stored) - 1) <= lengthTolerance;
    if (cosine >= needed && hasLength) agreed += 1;
  }
  const total = cosines.reduce((sum, cosine) => sum + cosine, 0);
  return {
    sampled: cosines.length,
    agreed,
    minCosine: cosines.length === 0 ? null : Math.min(...cosines),
    meanCosine: cosines.length === 0 ? null : total / cosines.length,
    needed,
  };
}
