/**
 * The words of this program. One word per idea, here and everywhere:
 *
 * - corpus: rows of text with a unique key.
 * - source: what a corpus is read from (Parquet, Arrow IPC, JSONL, CSV).
 * - model package: every file that decides what a vector is: weights, tokenizer, configuration,
 *   pooling, prompt templates. Pinned by the digest of each file.
 * - space: one embedding space. Two vectors may be compared only if their space ids are equal.
 * - space id: the hash of a space's description in canonical form.
 * - version: a space applied to a table: a vector column with, per row, the hash of the text it
 *   was made from and the time when; its index, its state, its history.
 * - lane: where embedding happens: the thread lane (worker threads), the API lane (a provider).
 * - unit: the piece of a backfill that is planned, run, committed and resumed as a whole: whole
 *   fragments of the table. Independent and idempotent.
 * - plan: pure data: units, rows, tokens, storage. run: carrying a plan out.
 * - round: one pass of plan and run; a backfill repeats rounds until nothing is left to do.
 * - source hash: 64 bits of the digest of a row's text; null where a version has yet to handle
 *   the row, different from the text's own hash where the text changed since (a stale row).
 * - skipped row: handled, but without a vector, since its text cannot have one (empty, or no token
 *   that the model knows).
 * - canary: fixed texts whose vectors are known.
 * - the door: the one way to search: it resolves the active version, its column and its embedder in
 *   one read, and refuses a vector of another space.
 * - gate: the measured conditions under which a switch to another version is allowed.
 * - fragment: LanceDB's unit of storage: a run of rows in the same files.
 */

/** The value of a row's unique key, as it stands in the table. */
export type Key = string | bigint;

/** Which columns of a table make up its corpus. */
export interface CorpusColumns {
  /** The column of unique, non-null keys. */
  readonly key: string;
  /** Text columns, joined by one space in this order to make the text that is embedded. */
  readonly text: readonly [string, ...string[]];
}

/** A document for the corpus's text columns: their values in order, nulls and empties left out. */
export function joinTexts(values: readonly (string | null | undefined)[]): string {
  if (values.length === 1) return values[0] ?? "";
  return values.filter((value) => value !== null && value !== undefined && value !== "").join(" ");
}
