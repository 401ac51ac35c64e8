import type { RowOutcomeName } from "../../core/outcome.ts";
import type { BackfillResult, OnEmpty, SkippedRows } from "../../core/verbs.ts";
import { formatCompact, formatCount, formatRate } from "../../observe/quantities.ts";
import { type Block, table } from "../../observe/report.ts";

/** What `--on-empty` may say. */
export const onEmptyChoices = ["skip", "fail", "zero"] as const satisfies readonly OnEmpty[];

/** Why a row has no vector, in words. */
const reasons: Readonly<Record<RowOutcomeName, string>> = {
  embedded: "embedded",
  empty: "empty text",
  "no-known-token": "no token that the model knows",
  "zero-vector": "tokens whose vectors add up to nothing",
  "not-finite": "the model's answer was not a number",
  "too-long": "more tokens than the model takes",
  "refused-by-provider": "the provider refuses this text",
};

type HandledTexts = Pick<
  BackfillResult,
  "deduplicated" | "skipped" | "failed" | "tokens" | "truncated" | "rowsPerSecond" | "tokensPerSecond"
>;

/** What became of the texts that a run handled, and how fast. */
export function handledFields(result: HandledTexts): [string, string][] {
  return [
    ["deduplicated", unlessZero(result.deduplicated)],
    ["skipped", unlessZero(result.skipped)],
    ["failed", unlessZero(result.failed)],
    ["tokens", formatCount(result.tokens)],
    ["texts cut short", unlessZero(result.truncated)],
    ["rate", `${formatRate(result.rowsPerSecond, "texts")}, ${formatRate(result.tokensPerSecond, "tokens")}`],
  ];
}

/** The rows that got no vector, by reason; nothing where all have one. */
export function presentSkipped(skippedRows: readonly SkippedRows[]): Block[] {
  if (skippedRows.length === 0) return [];
  return [
    table(
      ["rows without a vector", "why", "first keys"],
      skippedRows.map(({ reason, rows, keys }) => [
        formatCompact(rows),
        reasons[reason],
        `${keys.join(", ")}${rows > keys.length ? ", …" : ""}`,
      ]),
      { cut: ["first keys"] },
    ),
  ];
}

/** A count for a report, or nothing where it would only be noise. */
export function unlessZero(count: number): string {
  return count === 0 ? "" : formatCount(count);
}
