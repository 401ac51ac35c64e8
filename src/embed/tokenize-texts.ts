import { embedded, type RowOutcome } from "../core/outcome.ts";
import type { SpaceDescription } from "../core/space.ts";
import { createTextOutcome, outcomeOfUnknown } from "./text-outcome.ts";
import { createTokenBuffer, reserveTokens } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Texts as token ids, cut to the space's maximum, special tokens around each. */
export interface TokenizedTexts {
  /** End to end, in an array of their own. */
  readonly ids: Int32Array;
  /** Ids of each text; 0 where it has no vector. Shape: `[texts]`. */
  readonly lengths: Int32Array;
  /** One `RowOutcome` per text: `embedded` where the model is to be asked. Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly truncated: number;
}

/** Room that most texts need, in tokens. */
const usualTokens = 32;

/** Tokenises a slice of texts for a transformer. Unknown words count, unless there is nothing else. */
export function tokenizeTexts(
  texts: readonly string[],
  prompt: string,
  tokenizer: Tokenizer,
  { maxTokens, truncation }: Pick<SpaceDescription, "maxTokens" | "truncation">,
): TokenizedTexts {
  const { special, unknownId } = tokenizer;
  const limit = Math.max(1, maxTokens - special.before.length - special.after.length);
  const stopAt = truncation === "right" ? limit : Infinity;
  const outcomeOf = createTextOutcome(tokenizer);
  const buffer = createTokenBuffer(texts.length * usualTokens);
  const lengths = new Int32Array(texts.length);
  const outcomes = new Uint8Array(texts.length);
  let truncated = 0;

  texts.forEach((text, index) => {
    const start = buffer.length;
    const outcome = append(text);
    outcomes[index] = outcome;
    if (outcome !== embedded) buffer.length = start;
    lengths[index] = buffer.length - start;
  });
  return { ids: buffer.ids.slice(0, buffer.length), lengths, outcomes, truncated };

  function append(text: string): RowOutcome {
    pushAll(special.before);
    const start = buffer.length;
    if (prompt !== "") {
      const outcome = outcomeOf(text);
      if (outcome !== embedded) return outcome;
    }
    const count = tokenizer.append(prompt === "" ? text : prompt + text, buffer, stopAt, false);
    if (isUnknownOnly(start)) return outcomeOfUnknown(text);
    if (count > limit) {
      truncated++;
      if (truncation === "left") buffer.ids.copyWithin(start, start + count - limit, start + count);
      buffer.length = start + limit;
    }
    pushAll(special.after);
    return embedded;
  }

  function isUnknownOnly(start: number): boolean {
    for (let i = start; i < buffer.length; i++) {
      if (buffer.ids[i] !== unknownId) return false;
    }
    return true;
  }

  function pushAll(ids: readonly number[]): void {
    reserveTokens(buffer, ids.length);
    for (const id of ids) buffer.ids[buffer.length++] = id;
  }
}
