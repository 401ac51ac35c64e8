import { embedded } from "../core/outcome.ts";
import type { EmbeddedTexts } from "../core/ports.ts";
import type { HeldVectors } from "../core/ports-reuse.ts";
import { takeBatch, type TextBatch } from "../core/text-batch.ts";

/**
 * Computes the texts whose vectors are not held, and puts theirs beside those that are. Held ones count
 * as neither computed, copied nor deduplicated: the caller knows which they are. Owner of `held`: the result.
 */
export async function embedMissing(
  texts: TextBatch,
  held: HeldVectors,
  compute: (missing: TextBatch) => Promise<EmbeddedTexts>,
): Promise<EmbeddedTexts> {
  const { found, vectors } = held;
  const dimensions = vectors.length / found.length;
  const missing = missingOf(held);
  const outcomes = new Uint8Array(found.length).fill(embedded);
  if (missing.length === 0) return { ...nothingComputed, vectors, outcomes };
  const computed = await compute(missing.length === found.length ? texts : takeBatch(texts, missing));
  for (const [from, to] of missing.entries()) {
    outcomes[to] = computed.outcomes[from] as number;
    vectors.set(computed.vectors.subarray(from * dimensions, (from + 1) * dimensions), to * dimensions);
  }
  return { ...computed, vectors, outcomes };
}

/** Positions of the texts whose vectors are not held. */
export function missingOf({ found }: HeldVectors): Int32Array {
  return Int32Array.from(found.keys()).filter((row) => found[row] === 0);
}

const nothingComputed = { computed: 0, deduplicated: 0, tokens: 0, slots: 0, truncated: 0 };
