import type { BenchReport, SuiteReport } from "./bench-report.ts";
import type { Summary } from "./statistics.ts";

export type Change = "regression" | "improvement" | "same";

/** A figure of two reports. */
export interface Comparison {
  readonly suite: string;
  readonly name: string;
  readonly before: Summary;
  readonly after: Summary;
  /** After by before. */
  readonly ratio: number;
  readonly change: Change;
}

/**
 * A difference of medians below this is none, even where intervals are apart: two runs in a row of
 * one build differ by up to 3 % on a quiet machine.
 */
const smallestChange = 0.05;

/**
 * Compares what does not depend on the machine: ratios and facts; and rates and times, too, where
 * both reports are of one kind of machine. A regression is beyond the noise: the intervals do not
 * meet, and the medians differ by 5 % or more.
 */
export function compareReports(baseline: BenchReport, report: BenchReport): Comparison[] {
  const sameMachine =
    baseline.machine.cpu === report.machine.cpu && baseline.machine.cpus === report.machine.cpus;
  return report.suites.flatMap((after) => {
    const before = baseline.suites.find(({ suite }) => suite === after.suite);
    return before === undefined ? [] : compareSuites(before, after, sameMachine);
  });
}

function compareSuites(before: SuiteReport, after: SuiteReport, sameMachine: boolean): Comparison[] {
  const figures = (report: SuiteReport) => [
    ...report.ratios,
    ...report.facts.map(({ value, ...fact }) => ({
      ...fact,
      median: value,
      low: value,
      high: value,
      samples: [value],
    })),
    ...(sameMachine ? report.cases : []),
  ];
  return figures(after).flatMap((now) => {
    const then = figures(before).find(({ name }) => name === now.name);
    return then === undefined ? [] : [compare(after.suite, now.name, now.better, then, now)];
  });
}

function compare(
  suite: string,
  name: string,
  better: "higher" | "lower",
  before: Summary,
  after: Summary,
): Comparison {
  const ratio = before.median === after.median ? 1 : after.median / before.median;
  const apart = after.high < before.low || after.low > before.high;
  const moved = Math.abs(after.median - before.median) >= smallestChange * Math.abs(before.median);
  const rose = after.median > before.median;
  const change = !apart || !moved ? "same" : rose === (better === "higher") ? "improvement" : "regression";
  return { suite, name, before, after, ratio, change };
}
