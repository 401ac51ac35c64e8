/** The parts of a `tokenizer.json` that decide how this program reads it. */
export interface TokenizerFile {
  readonly normalizer: Stage | null;
  readonly pre_tokenizer: Stage | null;
  readonly post_processor: Stage | null;
  readonly model: TokenizerModel;
  readonly added_tokens?: readonly AddedToken[];
}

/** A stage of the pipeline: `type`, and whatever that type needs. */
export interface Stage {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
}

export interface TokenizerModel {
  readonly type?: string;
  /** Token to id; for Unigram a list of `[token, score]` whose index is the id. */
  readonly vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  readonly unk_token?: string | null;
  readonly unk_id?: number | null;
  readonly continuing_subword_prefix?: string;
  readonly max_input_chars_per_word?: number;
}
