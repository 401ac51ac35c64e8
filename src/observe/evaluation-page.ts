import type {
  EvalResult,
  PairScores,
  QueryScores,
  RankedHit,
  VersionScores,
  WorseQuery,
} from "../core/evaluation.ts";
import { barChart } from "./charts/bar-chart.ts";
import { columnChart } from "./charts/column-chart.ts";
import { escapeMarkup } from "./charts/svg.ts";
import { htmlPage, htmlTable, type PageSection, paragraph } from "./html-page.ts";
import {
  formatCount,
  formatCountOf,
  formatDifference,
  formatMilliseconds,
  formatScore,
} from "./quantities.ts";

/** Queries drawn one by one at most; of more, evenly chosen ones are. */
const drawnQueries = 600;

/** Bins of a histogram of agreement: one for each count of common results among ten. */
const overlapBins = 11;

/** Where an evaluation's figures come from. */
export interface EvaluationSource {
  readonly table: string;
  readonly queries: string;
  readonly qrels: string | null;
}

/** One self-contained page of an evaluation that was made with every query's scores. */
export function evaluationPage(result: EvalResult, source: EvaluationSource): string {
  const judged = result.versions.some((version) => version.ndcg10 !== null);
  return htmlPage({
    title: `Versions of ${source.table} on known queries`,
    lead: leadOf(result, judged),
    sections: [
      { heading: "Versions", markup: versionsMarkup(result, judged) },
      ...result.pairs.flatMap((pair) => pairSections(pair, judged)),
    ],
    footer: [
      `queries: ${source.queries}`,
      source.qrels === null ? "no relevance judgements" : `judgements: ${source.qrels}`,
      result.exact ? "exact search, every vector compared" : "search through each version's index",
      ...result.versions.map(({ version, spaceId }) => `${version}: space ${spaceId}`),
    ].join("\n"),
  });
}

function leadOf({ versions, pairs }: EvalResult, judged: boolean): string {
  const queries = formatCountOf(versions[0]?.queries ?? 0, "query", "queries");
  const [pair] = pairs;
  if (pair === undefined) return `${queries} on one version.`;
  const { ndcg10, low, high } = pair.delta;
  if (!judged || ndcg10 === null || low === null || high === null) {
    return `${queries}: ${pair.from} and ${pair.to} have ${formatScore(pair.overlap10)} of their first 10 results in common. Without judgements that says how much changes, not for better or worse.`;
  }
  const verdict =
    low > 0 ? "is better" : high < 0 ? "is worse" : "cannot be told apart from it by these queries";
  return `${queries}: against ${pair.from}, ${pair.to} ${verdict}. nDCG@10 ${formatDifference(ndcg10)}, between ${formatDifference(low)} and ${formatDifference(high)}.`;
}

function versionsMarkup({ versions }: EvalResult, judged: boolean): string {
  const rows = versions.map((version) => [
    version.version,
    formatCount(version.queries),
    ...(judged ? [version.ndcg10, version.recall100, version.mrr10].map(scoreOrDash) : []),
    formatMilliseconds(version.latencyMs.p50),
    formatMilliseconds(version.latencyMs.p99),
    scoreOrDash(version.similarity.first),
  ]);
  const columns = [
    "version",
    "queries",
    ...(judged ? ["nDCG@10", "recall@100", "MRR@10"] : []),
    "p50",
    "p99",
    "mean similarity of the first",
  ];
  const measures: readonly (readonly [string, (version: VersionScores) => number | null])[] = [
    ["nDCG@10", (version) => version.ndcg10],
    ["recall@100", (version) => version.recall100],
    ["MRR@10", (version) => version.mrr10],
  ];
  const chart = barChart({
    title: "Retrieval",
    series: versions.map(({ version }) => version),
    bars: measures.flatMap(([name, of]) =>
      versions.map((version, series) => ({
        label: `${name} ${version.version}`,
        value: of(version) ?? 0,
        series,
      })),
    ),
    format: formatScore,
  });
  return [htmlTable(columns, rows), ...(judged ? [chart] : [])].join("\n");
}

function pairSections(pair: PairScores, judged: boolean): PageSection[] {
  const perQuery = pair.perQuery ?? [];
  const name = `${pair.from} to ${pair.to}`;
  return [
    {
      heading: name,
      markup: [
        htmlTable(
          ["overlap@10", "rank-biased overlap", "nDCG@10", "95 % interval", "better", "equal", "worse"],
          [
            [
              formatScore(pair.overlap10),
              formatScore(pair.rbo),
              pair.delta.ndcg10 === null ? "-" : formatDifference(pair.delta.ndcg10),
              intervalOf(pair.delta),
              ...[pair.queries?.better, pair.queries?.equal, pair.queries?.worse].map((count) =>
                count === undefined ? "-" : formatCount(count),
              ),
            ],
          ],
        ),
        ...(judged ? [deltasChart(perQuery)] : []),
        overlapChart(perQuery),
        ...(pair.similarityShift === null
          ? []
          : [
              paragraph(
                `The first result's similarity moved by ${formatDifference(pair.similarityShift)} in the mean. Similarities of two spaces have no common measure: thresholds on them must be set anew.`,
              ),
            ]),
      ].join("\n"),
    },
    ...(pair.slices.length === 0
      ? []
      : [{ heading: `${name}, by slice`, markup: slicesMarkup(pair, judged) }]),
    ...(pair.worst.length === 0
      ? []
      : [
          {
            heading: `${name}: the queries that lost most`,
            markup: pair.worst.map((query) => worseMarkup(query, pair)).join("\n"),
          },
        ]),
  ];
}

function deltasChart(perQuery: readonly QueryScores[]): string {
  const changes = perQuery
    .map(({ id, from, to }) => ({ id, change: (to ?? 0) - (from ?? 0) }))
    .toSorted((a, b) => b.change - a.change);
  const every = Math.max(1, changes.length / drawnQueries);
  const drawn = Array.from(
    { length: Math.min(changes.length, drawnQueries) },
    (_, at) => changes[Math.floor(at * every)]!,
  );
  return columnChart({
    title: "Change of nDCG@10, query by query",
    note: "from the most won to the most lost",
    columns: drawn.map(({ id, change }) => ({ label: id, value: change })),
    xLabel: drawn.length < changes.length ? `${drawn.length} of ${changes.length} queries` : "queries",
    yLabel: "change of nDCG@10",
    format: formatDifference,
  });
}

function overlapChart(perQuery: readonly QueryScores[]): string {
  const bins = Array.from({ length: overlapBins }, () => 0);
  for (const { overlap10 } of perQuery) bins[Math.round(overlap10 * 10)]! += 1;
  return columnChart({
    title: "Agreement",
    note: "how many of their first 10 results both versions return",
    columns: bins.map((value, count) => ({ label: String(count), value })),
    xLabel: "results in common",
    yLabel: "queries",
    format: (value) => formatCount(Math.round(value)),
  });
}

function slicesMarkup({ slices }: PairScores, judged: boolean): string {
  const columns = ["slice", "queries", "overlap@10", ...(judged ? ["nDCG@10", "95 % interval"] : [])];
  const rows = slices.map(({ slice, queries, overlap10, delta }) => [
    slice,
    formatCount(queries),
    formatScore(overlap10),
    ...(judged ? [delta.ndcg10 === null ? "-" : formatDifference(delta.ndcg10), intervalOf(delta)] : []),
  ]);
  const chart = barChart({
    title: "Change of nDCG@10 by slice",
    note: "with its 95 % interval",
    bars: slices.map(({ slice, delta }) => ({
      label: slice,
      value: delta.ndcg10 ?? 0,
      interval: delta.low === null || delta.high === null ? undefined : [delta.low, delta.high],
    })),
    format: formatDifference,
  });
  return [htmlTable(columns, rows), ...(judged ? [chart] : [])].join("\n");
}

function worseMarkup(query: WorseQuery, pair: PairScores): string {
  const scores =
    query.from === null || query.to === null
      ? `${formatScore(query.overlap10)} in common`
      : `nDCG@10 ${formatScore(query.from)} → ${formatScore(query.to)}`;
  const slice = query.slice === null ? "" : ` <span class="quiet">${escapeMarkup(query.slice)}</span>`;
  return `<div class="case"><h3>${escapeMarkup(query.text)}</h3><span class="bad">${scores}</span>${slice}
<div class="sides">${hitsMarkup(pair.from, query.fromHits)}${hitsMarkup(pair.to, query.toHits)}</div></div>`;
}

function hitsMarkup(version: string, hits: readonly RankedHit[]): string {
  const items = hits.map(({ key, text, grade }) => {
    const relevant = grade !== null && grade > 0 ? ' <span class="tag good">relevant</span>' : "";
    return `<li><code>${escapeMarkup(String(key))}</code>${relevant} ${escapeMarkup(text)}</li>`;
  });
  return `<div><b>${escapeMarkup(version)}</b><ol>${items.join("")}</ol></div>`;
}

function intervalOf({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  return low === null || high === null ? "-" : `${formatDifference(low)} to ${formatDifference(high)}`;
}

function scoreOrDash(value: number | null): string {
  return value === null ? "-" : formatScore(value);
}
