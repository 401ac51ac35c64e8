import { throwIfAborted } from "../core/errors.ts";
import type { FragmentRows, StoredTable } from "../core/ports.ts";
import { unpackTexts } from "../core/utf8-texts.ts";
import type { VersionRecord } from "../core/version.ts";
import { type CountedPart, estimateTokens, type TokenEstimate } from "../plan/estimate-tokens.ts";

/** Rows read at once where every row is counted: small against memory, large against a read. */
const batchRows = 8192;

/** Texts of a sample that stand side by side in the table, as the store takes it. */
const partsOfSample = 64;

/** Counts the tokens of documents; `countingError`: how far it may be off, as a share. */
export interface TokenCount {
  readonly countTokens: (texts: readonly string[]) => Promise<number>;
  readonly countingError: number;
}

/** The rows to be embedded, and how they are counted. */
export interface RowsToCount {
  readonly table: StoredTable;
  /** Null for one that is not made yet. */
  readonly version: VersionRecord | null;
  /** Fragments with rows to be embedded. */
  readonly fragments: readonly FragmentRows[];
  readonly rows: number;
}

/** Tokens of all rows, from a sample of the table. */
export async function estimateFromSample(
  { rows }: RowsToCount,
  sample: { readonly texts: readonly string[]; readonly population: number },
  { countTokens, countingError }: TokenCount,
): Promise<TokenEstimate> {
  const { texts, population } = sample;
  const partTexts = Math.max(1, Math.ceil(texts.length / partsOfSample));
  const parts: CountedPart[] = [];
  for (let start = 0; start < texts.length; start += partTexts) {
    const part = texts.slice(start, start + partTexts);
    parts.push({ texts: part.length, tokens: await countTokens(part) });
  }
  return estimateTokens(parts, rows, population, countingError);
}

/** Tokens of all rows, counted one by one. */
export async function countEveryRow(
  { table, version, fragments }: RowsToCount,
  { countTokens, countingError }: TokenCount,
  signal: AbortSignal | undefined,
): Promise<TokenEstimate> {
  let tokens = 0;
  const ids = fragments.map(({ id }) => id);
  for await (const { texts } of table.readTexts(version, ids, { batchRows, signal })) {
    throwIfAborted(signal);
    tokens += await countTokens(unpackTexts(texts));
  }
  return { tokens, tokensError: Math.round(countingError * tokens) };
}
