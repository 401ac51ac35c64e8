import type { Device } from "../core/device.ts";
import type { Grouping } from "../core/space.ts";

/** What a call of the model may hold. */
export interface CallShape {
  /** Slots of a call; a text of more tokens has a call of its own. 0: every text has its own. */
  readonly slots: number;
  /** Share of a call's slots that may be padding. 0: only texts of equal length share a call. */
  readonly paddingShare: number;
}

/**
 * On a CPU texts of equal length share a call, up to 256 tokens: larger calls leave the caches, and
 * padding is computed like any token. Source: measured with MiniLM on 2 cores: 256 is best from 12 to
 * 70 tokens a text.
 */
const cpuShape: CallShape = { slots: 256, paddingShare: 0 };

/**
 * A GPU wants calls that fill it; a little padding costs less than half-empty calls.
 * Source: 16,384 tokens is the default of text-embeddings-inference (`--max-batch-tokens`); 5 % is the
 * padding that this project allows itself. Neither was measured here.
 */
const gpuShape: CallShape = { slots: 16_384, paddingShare: 0.05 };

const aloneShape: CallShape = { slots: 0, paddingShare: 0 };

/** The shape of calls on a device, for models whose vectors do or do not depend on their neighbours. */
export function callShape(grouping: Grouping, device: Device): CallShape {
  if (grouping === "alone") return aloneShape;
  if (device === "cpu") return cpuShape;
  // What shares a call is part of such a space, and padding would be a neighbour, too.
  return grouping === "equal-length" ? { ...gpuShape, paddingShare: 0 } : gpuShape;
}

/** Calls of the model over a whole window, longest texts first. */
export interface PlannedCalls {
  /** Index of each text that has tokens, in the order of the calls. */
  readonly order: Int32Array;
  /** Per call: its texts, and the slots of each. Shape: `[calls, 2]`. */
  readonly calls: Int32Array;
}

/**
 * Decides which texts share a call.
 * @param lengths tokens of each text; texts of 0 tokens have no call
 */
export function planCalls(lengths: Int32Array, { slots, paddingShare }: CallShape): PlannedCalls {
  const order = longestFirst(lengths);
  const calls: number[] = [];
  let texts = 0;
  let longest = 0;
  let tokens = 0;
  for (const index of order) {
    const length = lengths[index]!;
    const callSlots = (texts + 1) * longest;
    const fits = callSlots <= slots && callSlots - tokens - length <= paddingShare * callSlots;
    if (texts === 0 || !fits) {
      if (texts > 0) calls.push(texts, longest);
      texts = 0;
      tokens = 0;
      longest = length;
    }
    texts++;
    tokens += length;
  }
  if (texts > 0) calls.push(texts, longest);
  return { order, calls: Int32Array.from(calls) };
}

/** Indices of texts by their tokens, most first, without those that have none; equal ones keep their order. */
function longestFirst(lengths: Int32Array): Int32Array {
  let most = 0;
  for (const length of lengths) most = Math.max(most, length);
  // Counted rather than compared: a window has thousands of texts of a few hundred lengths.
  const starts = new Int32Array(most + 2);
  for (const length of lengths) if (length > 0) starts[most - length + 1]!++;
  for (let rank = 1; rank < starts.length; rank++) starts[rank]! += starts[rank - 1]!;
  const order = new Int32Array(starts[most] ?? 0);
  lengths.forEach((length, index) => {
    if (length > 0) order[starts[most - length]!++] = index;
  });
  return order;
}
