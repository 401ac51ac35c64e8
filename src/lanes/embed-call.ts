import { ReembedError } from "../core/errors.ts";
import type { EmbedAnswer, EmbedRequest } from "../core/messages.ts";
import type { EmbeddedTexts, EmbedOptions } from "../core/ports.ts";
import { embedded } from "../core/outcome.ts";
import { guessTokens, longestFirst, planSlices, type SlicePolicy } from "./slice-plan.ts";
import { uniqueTexts } from "./unique-texts.ts";

/** A part of one call that goes to one worker. */
export interface Slice {
  readonly call: EmbedCall;
  readonly request: EmbedRequest;
  /** Index of each text among the call's unique texts. */
  readonly indices: Int32Array;
  /** Guessed tokens. */
  readonly cost: number;
  /** Workers that died over it. */
  deaths: number;
}

/** One `embed` call under way. */
export interface EmbedCall {
  readonly slices: readonly Slice[];
  readonly result: Promise<EmbeddedTexts>;
  /** Whether it has failed or was interrupted: its slices are not worth sending. */
  readonly settled: boolean;
  /** Takes a slice's answer in; resolves once the caller has it. */
  accept(slice: Slice, answer: EmbedAnswer): Promise<void>;
  fail(error: ReembedError): void;
}

export interface EmbedCallOptions {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly workers: number;
  readonly policy: SlicePolicy;
  readonly tokensPerSecond: number;
}

/** Plans a call's slices, and puts their vectors back into the order of the texts. */
export function createEmbedCall(
  items: readonly string[],
  options: EmbedOptions,
  { dimensions, maxTokens, workers, policy, tokensPerSecond }: EmbedCallOptions,
): EmbedCall {
  const { texts, indexOf, firstItem, copies } = uniqueTexts(items);
  const costs = Float64Array.from(texts, (text) => guessTokens(text, maxTokens));
  const order = policy.longestFirst ? longestFirst(costs) : Int32Array.from(costs.keys());
  const ordered = Float64Array.from(order, (index) => costs[index]!);
  const ends = planSlices(ordered, workers, policy, tokensPerSecond);

  const vectors = new Float32Array(texts.length * dimensions);
  const outcomes = new Uint8Array(texts.length);
  const totals = { tokens: 0, slots: 0, truncated: 0 };
  const { promise, resolve, reject } = Promise.withResolvers<EmbeddedTexts>();
  let waiting = ends.length;
  let settled = false;

  const slices: Slice[] = [];
  const call: EmbedCall = {
    slices,
    result: promise,
    get settled() {
      return settled;
    },
    async accept({ indices }, answer) {
      if (settled) return;
      let done = 0;
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        vectors.set(answer.vectors.subarray(i * dimensions, (i + 1) * dimensions), index * dimensions);
        outcomes[index] = answer.outcomes[i]!;
        done += copies[index]!;
      }
      totals.tokens += answer.tokens;
      totals.slots += answer.slots;
      totals.truncated += answer.truncated;
      try {
        options.onProgress?.({ texts: done, tokens: answer.tokens });
        const { onVectors } = options;
        if (onVectors !== undefined) {
          const { vectors: part, outcomes: partOutcomes } = answer;
          await onVectors({
            indices: indices.map((index) => firstItem[index]!),
            vectors: part,
            outcomes: partOutcomes,
          });
        }
      } catch (error) {
        // The caller's own error ends the caller's own call.
        call.fail(ReembedError.from(error));
        return;
      }
      waiting--;
      if (waiting === 0 && !settled) finish();
    },
    fail(error) {
      settled = true;
      reject(error);
    },
  };

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

  ends.forEach((end, slice) => {
    const from = ends[slice - 1] ?? 0;
    const indices = order.slice(from, end);
    slices.push({
      call,
      request: { texts: Array.from(indices, (index) => texts[index]!), purpose: options.purpose },
      indices,
      cost: ordered.subarray(from, end).reduce((sum, cost) => sum + cost, 0),
      deaths: 0,
    });
  });
  if (slices.length === 0) finish();
  return call;
}
