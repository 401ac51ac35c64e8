/** What the quickstart tells people, from what it measured. */
import type { EvalResult } from "../core/evaluation.ts";
import type {
  BackfillResult,
  ImportResult,
  RollbackResult,
  SwitchResult,
  VersionSummary,
} from "../core/verbs.ts";
import type { SearchResult } from "../core/search.ts";
import {
  formatBytes,
  formatCount,
  formatDifference,
  formatDuration,
  formatMilliseconds,
  formatRate,
  formatScore,
  formatShare,
} from "../observe/quantities.ts";
import type { SearchesMeanwhile } from "./search-meanwhile.ts";

export interface Prepared {
  readonly folder: string;
  /** An earlier quickstart was found there and removed. */
  readonly replaced: boolean;
  readonly rows: number;
  readonly queries: number;
}

export const prepareStep = {
  title: "A real corpus: the definitions of WordNet",
  lines: (done: Prepared): string[] => [
    done.replaced
      ? `found an earlier quickstart in ${done.folder}, removed it, starting clean`
      : `everything is written to ${done.folder}`,
    `${formatCount(done.rows)} definitions, and ${formatCount(done.queries)} known queries: words whose definition must be found`,
  ],
};

export const importStep = {
  title: "Import it into a LanceDB table",
  lines: (done: ImportResult): string[] => [
    `${formatCount(done.rows)} rows, ${formatBytes(done.bytes)}, ${formatRate(done.rowsPerSecond, "rows")}`,
  ],
};

export const firstStep = {
  title: "Version v1: a small static model, potion-base-4m (128 dimensions)",
  lines: (done: BackfillResult): string[] => [backfillLine(done), indexLine(done)],
};

export const searchStep = {
  title: "Search it",
  lines: (question: string, answer: SearchResult): string[] => answerLines(question, answer),
};

export const secondStep = {
  title: "Version v2: a real transformer, all-MiniLM-L6-v2 int8 (384 dimensions), while v1 answers",
  lines: (
    done: BackfillResult,
    meanwhile: SearchesMeanwhile,
    first: VersionSummary | undefined,
  ): string[] => [
    backfillLine(done),
    indexLine(done),
    `meanwhile ${formatCount(meanwhile.count)} searches, all answered by ${meanwhile.versions.join(" and ")}: half within ${formatMilliseconds(meanwhile.p50Ms)}, the slowest ${formatMilliseconds(meanwhile.maxMs)}`,
    `v1 untouched: ${formatCount(first?.covered ?? 0)} vectors, index coverage ${coverage(first?.indexCoverage ?? null)}`,
  ],
};

export const compareStep = {
  title: "Compare both on the known queries",
  lines: (done: EvalResult): string[] => {
    const pair = done.pairs[0];
    return [
      ...done.versions.map(
        (scores) =>
          `${scores.version}: nDCG@10 ${score(scores.ndcg10)}, recall@100 ${score(scores.recall100)}, a search takes ${formatMilliseconds(scores.latencyMs.p50)}`,
      ),
      `v2 against v1: nDCG@10 ${difference(pair?.delta.ndcg10)} (95 % interval ${difference(pair?.delta.low)} to ${difference(pair?.delta.high)}), ${formatShare(pair?.overlap10 ?? 0)} of the first ten in common`,
    ];
  },
};

export const switchStep = {
  title: "Switch to v2, in one commit",
  lines: (question: string, done: SwitchResult, answer: SearchResult): string[] => [
    `${done.from} -> ${done.to}: the gate ${done.gate.passed ? "passed" : "failed"}; v1 stays for a rollback`,
    ...answerLines(question, answer),
  ],
};

export const rollbackStep = {
  title: "Roll back, in one commit",
  lines: (done: RollbackResult, answer: SearchResult, before: SearchResult): string[] => {
    const same = answer.hits.every((hit, rank) => hit.key === before.hits[rank]?.key);
    return [
      `${done.from} -> ${done.to}: the same search is answered by ${answer.version} again, ${same ? "with the same hits as at first" : "with other hits than at first"}`,
    ];
  },
};

/** The table at the end: one row per version. */
export function summaryTable(
  first: BackfillResult,
  second: BackfillResult,
  compared: EvalResult,
  versions: readonly VersionSummary[],
): { columns: string[]; rows: string[][] } {
  const rows = [first, second].map((done) => {
    const scores = compared.versions.find((entry) => entry.version === done.version);
    const summary = versions.find((entry) => entry.name === done.version);
    return [
      done.version,
      summary?.model ?? "",
      formatCount(done.rows),
      formatDuration(done.seconds),
      formatRate(done.rowsPerSecond, "texts"),
      formatBytes(summary?.bytes ?? 0),
      coverage(summary?.indexCoverage ?? null),
      score(scores?.ndcg10 ?? null),
      score(scores?.recall100 ?? null),
    ];
  });
  return {
    columns: ["version", "model", "rows", "time", "rate", "vectors", "indexed", "nDCG@10", "recall@100"],
    rows,
  };
}

function backfillLine(done: BackfillResult): string {
  return `${formatCount(done.rows)} rows in ${formatDuration(done.seconds)}: ${formatCount(done.embedded)} embedded, ${formatCount(done.deduplicated)} taken from identical texts, ${formatCount(done.skipped + done.failed)} without a vector; ${formatRate(done.rowsPerSecond, "texts")}, ${formatRate(done.tokensPerSecond, "tokens")}`;
}

function indexLine(done: BackfillResult): string {
  return `space ${done.spaceId.slice(0, 12)}, state ${done.state}, index coverage ${coverage(done.indexCoverage)}`;
}

function answerLines(question: string, answer: SearchResult): string[] {
  return [
    `“${question}”, answered by ${answer.version} in ${formatMilliseconds(answer.latencyMs)}:`,
    ...answer.hits.map(
      (hit) =>
        `  ${(hit.distance ?? 0).toFixed(3)}  ${String(hit.row["words"])}: ${String(hit.row["gloss"])}`,
    ),
  ];
}

const coverage = (share: number | null): string => (share === null ? "none" : formatShare(share));
const score = (value: number | null): string => (value === null ? "-" : formatScore(value));
const difference = (value: number | null | undefined): string =>
  value === null || value === undefined ? "-" : formatDifference(value);
