import type { InferRequest, TokenAnswer } from "../core/messages.ts";

/** Token ids of the texts of one call, gathered from the slices that tokenised them. */
export interface TokenizedWindow {
  /** Takes the answer for the texts from `first` on; answers whether it was the last one. */
  add(first: number, answer: TokenAnswer): boolean;
  /** Tokens of each text; 0 where it has no vector. Shape: `[texts]`. */
  readonly lengths: Int32Array;
  /** Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly truncated: number;
  /** Ids of these texts, end to end, in a copy: a request is made again where its worker died. */
  gather(indices: Int32Array): Pick<InferRequest, "ids" | "lengths">;
}

export function createTokenizedWindow(texts: number): TokenizedWindow {
  const idsOf: Int32Array[] = Array.from({ length: texts });
  const lengths = new Int32Array(texts);
  const outcomes = new Uint8Array(texts);
  let truncated = 0;
  let waiting = texts;
  return {
    lengths,
    outcomes,
    get truncated() {
      return truncated;
    },
    add(first, answer) {
      let start = 0;
      answer.lengths.forEach((length, i) => {
        idsOf[first + i] = answer.ids.subarray(start, start + length);
        start += length;
      });
      lengths.set(answer.lengths, first);
      outcomes.set(answer.outcomes, first);
      truncated += answer.truncated;
      waiting -= answer.lengths.length;
      return waiting === 0;
    },
    gather(indices) {
      const gathered = indices.map((index) => lengths[index]!);
      const ids = new Int32Array(gathered.reduce((sum, length) => sum + length, 0));
      let at = 0;
      for (const index of indices) {
        ids.set(idsOf[index]!, at);
        at += lengths[index]!;
      }
      return { ids, lengths: gathered };
    },
  };
}
