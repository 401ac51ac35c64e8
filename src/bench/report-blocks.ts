import { formatCompact, formatCount, formatDuration } from "../observe/quantities.ts";
import { type Block, line, table } from "../observe/report.ts";
import {
  type BenchReport,
  type CaseReport,
  type FactReport,
  keepsLimit,
  type RatioReport,
  type SuiteReport,
} from "./bench-report.ts";
import type { Comparison } from "./compare-reports.ts";
import type { Summary } from "./statistics.ts";

/** A bench report for the terminal. */
export function reportBlocks(report: BenchReport): Block[] {
  const { machine, quiet } = report;
  return [
    line(
      `${machine.cpu}, ${formatCount(machine.cpus)} CPUs (${machine.features.join(", ") || machine.architecture}), Node ${machine.node}, ${formatDuration(report.seconds)}`,
    ),
    ...quiet.reasons.map((reason) => line(`not a quiet machine: ${reason}; trust ratios, not rates`)),
    ...report.corpora.map(({ name, texts, tokens }) =>
      line(
        `${name}: ${formatCount(texts)} texts${tokens === null ? "" : `, ${formatCount(tokens.median)} tokens in the median, ${formatCount(tokens.p95)} at 95 %, ${formatCount(tokens.most)} at most`}`,
      ),
    ),
    ...report.suites.flatMap(suiteBlocks),
  ];
}

/** What changed since a baseline. */
export function comparisonBlocks(comparisons: readonly Comparison[]): Block[] {
  const changed = comparisons.filter(({ change }) => change !== "same");
  const same = comparisons.length - changed.length;
  if (changed.length === 0) return [line(`${formatCount(same)} figures, none changed beyond the noise`)];
  return [
    table(
      ["suite", "figure", "before", "now", "change", ""],
      changed.map(({ suite, name, before, after, ratio, change }) => [
        suite,
        name,
        formatSummary(before),
        formatSummary(after),
        `${ratio.toFixed(2)} x`,
        change,
      ]),
      { cut: ["figure"] },
    ),
    line(`${formatCount(same)} other figures did not change beyond the noise`),
  ];
}

function suiteBlocks(suite: SuiteReport): Block[] {
  return [
    line(`${suite.suite}, ${formatDuration(suite.seconds)}`),
    ...(suite.cases.length === 0 ? [] : [table(["case", "median", "interval"], suite.cases.map(caseRow))]),
    ...(suite.ratios.length + suite.facts.length === 0
      ? []
      : [
          table(
            ["ratio", "median", "interval", "limit", ""],
            [...suite.ratios.map(ratioRow), ...suite.facts.map(factRow)],
            { cut: ["ratio"] },
          ),
        ]),
    ...suite.notes.map((note) => line(note)),
  ];
}

function caseRow({ name, unit, median, low, high }: CaseReport): string[] {
  return [name, `${formatCompact(median)} ${unit}`, `${formatCompact(low)} to ${formatCompact(high)}`];
}

function ratioRow(ratio: RatioReport): string[] {
  return [
    ratio.name,
    formatRatio(ratio.median),
    `${formatRatio(ratio.low)} to ${formatRatio(ratio.high)}`,
    ...limitCells({ ...ratio, value: ratio.median }),
  ];
}

function factRow(fact: FactReport): string[] {
  return [fact.name, `${formatFact(fact.value)} ${fact.unit}`, "", ...limitCells(fact)];
}

function limitCells(figure: {
  readonly value: number;
  readonly better: "higher" | "lower";
  readonly limit: number | null;
}): [string, string] {
  const kept = keepsLimit(figure);
  if (kept === null || figure.limit === null) return ["", ""];
  return [`${figure.better === "higher" ? "≥" : "≤"} ${formatFact(figure.limit)}`, kept ? "kept" : "short"];
}

function formatSummary({ median, low, high }: Summary): string {
  return low === high
    ? formatFact(median)
    : `${formatFact(median)} (${formatFact(low)} to ${formatFact(high)})`;
}

/** A ratio with as many digits as its limits have. */
export function formatRatio(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}

/** A number of any size in at most three digits: `0.005`, `2.35`, `214k`. */
export function formatFact(value: number): string {
  if (value !== 0 && Math.abs(value) < 1) return String(Number(value.toPrecision(3)));
  return formatCompact(value);
}
