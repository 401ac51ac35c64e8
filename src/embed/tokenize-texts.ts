import { embedded, emptyText, noKnownToken } from "../core/outcome.ts";
import type { SpaceDescription } from "../core/space.ts";
import { createTokenBuffer, reserveTokens, type TokenBuffer } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Texts as token ids, cut to the space's maximum, special tokens around each. */
export interface TokenizedTexts {
  readonly buffer: TokenBuffer;
  /** Where each text's ids start in the buffer. Shape: `[texts]`. */
  readonly starts: Int32Array;
  /** Ids of each text; 0 where it has no vector. Shape: `[texts]`. */
  readonly lengths: Int32Array;
  /** One `RowOutcome` per text: `embedded` where the model is to be asked. Shape: `[texts]`. */
  readonly outcomes: Uint8Array;
  readonly tokens: number;
  readonly truncated: number;
}

/** Tokenises a slice of texts for a transformer. */
export function tokenizeTexts(
  texts: readonly string[],
  prompt: string,
  tokenizer: Tokenizer,
  space: Pick<SpaceDescription, "maxTokens" | "truncation">,
): TokenizedTexts {
  const { before, after } = tokenizer.special;
  const limit = Math.max(1, space.maxTokens - before.length - after.length);
  const buffer = createTokenBuffer(texts.length * 32 + 64);
  const starts = new Int32Array(texts.length);
  const lengths = new Int32Array(texts.length);
  const outcomes = new Uint8Array(texts.length);
  let tokens = 0;
  let truncated = 0;
  texts.forEach((text, index) => {
    const start = buffer.length;
    starts[index] = start;
    const outcome = isBlank(text) ? emptyText : append(text);
    outcomes[index] = outcome;
    if (outcome === embedded) {
      lengths[index] = buffer.length - start;
      tokens += buffer.length - start;
    } else {
      buffer.length = start;
    }
  });
  return { buffer, starts, lengths, outcomes, tokens, truncated };

  function append(text: string): typeof embedded | typeof noKnownToken {
    pushAll(before);
    const start = buffer.length;
    const stopAt = space.truncation === "right" ? limit : Infinity;
    // A prompt of known words must not make a text of unknown ones look known.
    const count = tokenizer.append(prompt === "" ? text : prompt + text, buffer, stopAt, false);
    if (!hasKnownToken(text, start, count)) return noKnownToken;
    if (count > limit) {
      truncated++;
      if (space.truncation === "left") buffer.ids.copyWithin(start, start + count - limit, start + count);
      buffer.length = start + limit;
    }
    pushAll(after);
    return embedded;
  }

  function hasKnownToken(text: string, start: number, count: number): boolean {
    const { unknownId } = tokenizer;
    if (prompt !== "") {
      const scratch = createTokenBuffer(8);
      return tokenizer.append(text, scratch, 0, true) > 0;
    }
    if (count === 0) return false;
    if (unknownId === null) return true;
    for (let i = start; i < buffer.length; i++) {
      if (buffer.ids[i] !== unknownId) return true;
    }
    return false;
  }

  function pushAll(ids: readonly number[]): void {
    reserveTokens(buffer, ids.length);
    for (const id of ids) buffer.ids[buffer.length++] = id;
  }
}

const anythingButSpace = /\S/;

function isBlank(text: string): boolean {
  return !anythingButSpace.test(text);
}
