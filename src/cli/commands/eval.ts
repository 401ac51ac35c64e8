import type { EvalResult, PairScores } from "../../core/verbs.ts";
import { formatCount, formatDifference, formatMilliseconds, formatScore } from "../../observe/quantities.ts";
import { type Block, line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

export const evalCommand = defineTableCommand({
  about:
    "Runs known queries through each version with that version's own model, and compares: nDCG@10, " +
    "recall@100 and MRR@10 where there are judgements, agreement between versions always.",
  argument: null,
  flags: {
    queries: {
      kind: "text",
      placeholder: "FILE",
      about: "queries as JSON lines with _id and text",
      required: true,
    },
    qrels: {
      kind: "text",
      placeholder: "FILE",
      about: "judgements as TSV: query-id, corpus-id, score",
    },
    versions: {
      kind: "list",
      separator: ",",
      placeholder: "NAME,NAME",
      about: "versions to compare; default: every one that can be searched",
    },
    k: { kind: "count", placeholder: "N", default: 10, about: "cut-off of the scores at k" },
    exact: { kind: "switch", about: "compare with every vector instead of using the index" },
  },
  examples: [
    ["reembed eval --table docs --queries queries.jsonl --qrels qrels/test.tsv", "judged queries"],
    ["reembed eval --table docs --queries log.jsonl --versions v1,v2", "agreement on a query log"],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { flags }) =>
    engine.eval({
      queries: flags.queries,
      qrels: flags.qrels,
      versions: flags.versions,
      k: flags.k,
      exact: flags.exact,
    }),
  present: (result: EvalResult) => [...scoresOf(result), ...pairsOf(result)],
});

function scoresOf(result: EvalResult): Block[] {
  const judged = result.versions.some((version) => version.ndcg10 !== null);
  const { k } = result;
  const other = k !== 10;
  return [
    line(result.exact ? "exact search, every vector compared" : "search through each version's index"),
    table(
      [
        "version",
        "queries",
        ...(judged ? ["nDCG@10", "recall@100", "MRR@10"] : []),
        ...(judged && other ? [`nDCG@${k}`, `MRR@${k}`] : []),
        "p50",
        "p99",
      ],
      result.versions.map((version) => [
        version.version,
        formatCount(version.queries),
        ...(judged ? [version.ndcg10, version.recall100, version.mrr10].map(score) : []),
        ...(judged && other ? [version.ndcgAtK, version.mrrAtK].map(score) : []),
        formatMilliseconds(version.latencyMs.p50),
        formatMilliseconds(version.latencyMs.p99),
      ]),
    ),
  ];
}

function pairsOf(result: EvalResult): Block[] {
  if (result.pairs.length === 0) return [];
  const other = result.k !== 10;
  return [
    table(
      [
        "from",
        "to",
        "overlap@10",
        ...(other ? [`overlap@${result.k}`] : []),
        "RBO",
        "nDCG@10",
        "95 % interval",
      ],
      result.pairs.map((pair) => [
        pair.from,
        pair.to,
        formatScore(pair.overlap10),
        ...(other ? [formatScore(pair.overlapAtK)] : []),
        formatScore(pair.rbo),
        pair.delta.ndcg10 === null ? "-" : formatDifference(pair.delta.ndcg10),
        intervalOf(pair),
      ]),
    ),
  ];
}

function score(value: number | null): string {
  return value === null ? "-" : formatScore(value);
}

function intervalOf({ delta }: PairScores): string {
  if (delta.low === null || delta.high === null) return "-";
  return `${formatDifference(delta.low)} to ${formatDifference(delta.high)}`;
}
