import type { BatchLedger } from "../core/batch.ts";
import type { Ledger } from "../core/provider.ts";
import { formatCount, formatMoney } from "../observe/quantities.ts";
import { unlessZero } from "./commands/run-report.ts";

/** What a provider was asked and paid for; nothing for a model on disk. */
export function presentLedger(ledger: Ledger | null): [string, string][] {
  if (ledger === null) return [];
  const failed = Object.values(ledger.failures).reduce((sum, count) => sum + count, 0);
  return [
    ["cost", ledger.cost === null ? "unknown: no price is set" : formatMoney(ledger.cost)],
    ["tokens paid", formatCount(ledger.tokens)],
    ...presentBatches(ledger.batch),
    ["tokens unanswered", unlessZero(ledger.tokensUnanswered)],
    [
      "requests",
      `${formatCount(ledger.requests)}${failed === 0 ? "" : `, ${formatCount(failed)} without an answer`}`,
    ],
  ];
}

function presentBatches(batch: BatchLedger | undefined): [string, string][] {
  if (batch === undefined) return [];
  const ended = Object.entries(batch.ended).map(([state, count]) => `${formatCount(count)} ${state}`);
  return [
    ["of these in batches", formatCount(batch.tokens)],
    ["batches", ended.length === 0 ? "none" : ended.join(", ")],
    ["texts in batches", `${formatCount(batch.texts)}, ${formatCount(batch.vectors)} embedded there`],
  ];
}
