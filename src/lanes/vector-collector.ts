import { ReembedError } from "../core/errors.ts";
import { embedded } from "../core/outcome.ts";
import type { EmbeddedTexts, EmbedOptions } from "../core/ports.ts";
import { uniqueTexts } from "./unique-texts.ts";

/** What became of some of the unique texts. Arrays are parallel. */
export interface DoneTexts {
  /** Index of each among the unique texts. */
  readonly indices: Int32Array;
  /** Shape: `[done, dimensions]`, row-major. */
  readonly vectors: Float32Array;
  readonly outcomes: Uint8Array;
  readonly tokens: number;
  readonly slots: number;
  readonly truncated: number;
}

/** Takes the vectors of one `embed` call in as they come, and puts them into the order of its texts. */
export interface VectorCollector {
  /** Each text once. */
  readonly texts: readonly string[];
  readonly result: Promise<EmbeddedTexts>;
  /** Whether the call is over: finished, failed or interrupted. */
  readonly settled: boolean;
  /** Resolves once the caller has them, and so may hold its worker back. */
  accept(done: DoneTexts): Promise<void>;
  fail(error: ReembedError): void;
}

export function createVectorCollector(
  items: readonly string[],
  options: EmbedOptions,
  dimensions: number,
): VectorCollector {
  const { texts, indexOf, firstItem, copies } = uniqueTexts(items);
  const vectors = new Float32Array(texts.length * dimensions);
  const outcomes = new Uint8Array(texts.length);
  const totals = { tokens: 0, slots: 0, truncated: 0 };
  const { promise, resolve, reject } = Promise.withResolvers<EmbeddedTexts>();
  let waiting = texts.length;
  let settled = false;

  function finish(): void {
    settled = true;
    let computed = 0;
    let withVector = 0;
    for (let index = 0; index < texts.length; index++) {
      if (outcomes[index] !== embedded) continue;
      computed++;
      withVector += copies[index]!;
    }
    const counts = { ...totals, computed, deduplicated: withVector - computed };
    if (texts.length === items.length) {
      resolve({ vectors, outcomes, ...counts });
      return;
    }
    const all = new Float32Array(items.length * dimensions);
    for (let item = 0; item < items.length; item++) {
      const from = indexOf[item]! * dimensions;
      all.set(vectors.subarray(from, from + dimensions), item * dimensions);
    }
    resolve({ vectors: all, outcomes: Uint8Array.from(indexOf, (index) => outcomes[index]!), ...counts });
  }

  function fail(error: ReembedError): void {
    settled = true;
    reject(error);
  }

  if (waiting === 0) finish();
  return {
    texts,
    result: promise,
    get settled() {
      return settled;
    },
    async accept(done) {
      if (settled) return;
      const { indices } = done;
      let doneItems = 0;
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        vectors.set(done.vectors.subarray(i * dimensions, (i + 1) * dimensions), index * dimensions);
        outcomes[index] = done.outcomes[i]!;
        doneItems += copies[index]!;
      }
      totals.tokens += done.tokens;
      totals.slots += done.slots;
      totals.truncated += done.truncated;
      if (indices.length === 0) return;
      try {
        options.onProgress?.({ texts: doneItems, tokens: done.tokens });
        await options.onVectors?.({
          indices: indices.map((index) => firstItem[index]!),
          vectors: done.vectors,
          outcomes: done.outcomes,
        });
      } catch (error) {
        // The caller's own error ends the caller's own call.
        fail(ReembedError.from(error));
        return;
      }
      waiting -= indices.length;
      if (waiting === 0 && !settled) finish();
    },
    fail,
  };
}
