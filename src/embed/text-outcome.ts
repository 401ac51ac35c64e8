import { embedded, emptyText, noKnownToken, type RowOutcome } from "../core/outcome.ts";
import { createTokenBuffer } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";

const anythingButSpace = /\S/;

/** The outcome of a text of which no token is known. */
export function outcomeOfUnknown(text: string): RowOutcome {
  return anythingButSpace.test(text) ? noKnownToken : emptyText;
}

/**
 * Looks at a text by itself, stopping at the first token that is known. For texts that go behind a
 * prompt: the prompt's words must not make an empty or unknown text look known.
 */
export function createTextOutcome(tokenizer: Tokenizer): (text: string) => RowOutcome {
  const scratch = createTokenBuffer(64);
  return (text) => {
    scratch.length = 0;
    return tokenizer.append(text, scratch, 0, true) > 0 ? embedded : outcomeOfUnknown(text);
  };
}
