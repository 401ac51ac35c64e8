import type { SpecialTokens } from "./special-tokens.ts";
import type { TokenBuffer } from "./token-buffer.ts";

/** Text to token ids, without the special tokens around it. */
export interface Tokenizer {
  readonly special: SpecialTokens;
  /** The id of "a word that the vocabulary cannot spell"; null where every text can be spelt. */
  readonly unknownId: number | null;
  /** Which implementation it is, for reports. */
  readonly implementation: "wordpiece" | "library";
  /**
   * Appends the ids of a text and answers how many. Stops early once the text is known to have more
   * than `limit`: the answer is then above `limit`, and how far above says nothing.
   * @param skipUnknown leave unknown words out, and out of the count
   */
  append(text: string, buffer: TokenBuffer, limit: number, skipUnknown: boolean): number;
}
