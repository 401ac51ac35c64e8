import assert from "node:assert/strict";
import { test } from "node:test";
import type { BenchReport, SuiteReport } from "../../src/bench/bench-report.ts";
import { compareReports } from "../../src/bench/compare-reports.ts";
import { summarize } from "../../src/bench/statistics.ts";

function report(suite: Partial<SuiteReport>, cpu = "one"): BenchReport {
  const empty: SuiteReport = {
    suite: "lane",
    seconds: 1,
    cases: [],
    ratios: [],
    facts: [],
    series: [],
    notes: [],
  };
  return {
    format: 1,
    version: "0.0.0",
    commandLine: "reembed bench",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1,
    machine: {
      cpu,
      architecture: "x64",
      system: "linux",
      cpus: 2,
      features: [],
      memoryBytes: 1,
      memoryLimitBytes: null,
      node: "v24",
    },
    packages: {},
    quiet: { quiet: true, reasons: [], clockSpread: 1, loadBefore: 0 },
    corpora: [],
    suites: [{ ...empty, ...suite }],
  };
}

const ratio = (samples: readonly number[]) => ({
  name: "lane by bare",
  against: "ceiling" as const,
  better: "higher" as const,
  limit: 0.97,
  ...summarize(samples),
});
const rate = (value: number) => ({
  name: "texts",
  unit: "texts/s",
  better: "higher" as const,
  ...summarize([value]),
});
const padding = (value: number) =>
  report({ facts: [{ name: "padding", value, unit: "share", better: "lower", limit: 0 }] });
const changeOf = (before: BenchReport, after: BenchReport) => compareReports(before, after)[0]?.change;

test("a ratio that fell beyond the noise is a regression, whatever the machine", () => {
  const before = report({ ratios: [ratio([0.97, 0.98, 0.99])] });
  assert.equal(changeOf(before, report({ ratios: [ratio([0.8, 0.82, 0.81])] }, "another")), "regression");
  assert.equal(changeOf(report({ ratios: [ratio([0.8])] }), before), "improvement");
});

test("what overlaps, or moved a little, is no change", () => {
  const before = report({ ratios: [ratio([0.9, 0.98, 1])] });
  assert.equal(changeOf(before, report({ ratios: [ratio([0.7, 0.75, 0.91])] })), "same");
  assert.equal(changeOf(report({ ratios: [ratio([1])] }), report({ ratios: [ratio([0.96])] })), "same");
});

test("a fact is compared as it is, also one that was nothing before", () => {
  assert.equal(changeOf(padding(0), padding(0)), "same");
  assert.equal(changeOf(padding(0), padding(0.3)), "regression");
});

test("times are compared only on one kind of machine", () => {
  const before = report({ cases: [rate(100)] });
  assert.equal(changeOf(before, report({ cases: [rate(50)] })), "regression");
  assert.deepEqual(compareReports(before, report({ cases: [rate(50)] }, "another")), []);
});
