/** The committed figures are those of the committed reports. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { benchmarksPage, pageFile, readmeFile, readSource, withTable } from "../../scripts/bench-docs.ts";
import type { BenchReport } from "../../src/bench/bench-report.ts";

const source = readSource();
const [first] = source.reports;

test("the page and the README's table are what the reports say, to the byte", () => {
  assert.ok(source.reports.length > 0);
  const readme = readFileSync(readmeFile, "utf8");
  assert.equal(readFileSync(pageFile, "utf8"), benchmarksPage(source));
  assert.equal(readme, withTable(readme, source));
});

test("another figure is another page", () => {
  const changed: BenchReport = {
    ...first!,
    suites: first!.suites.map((suite) => ({
      ...suite,
      cases: suite.cases.map((each) => ({ ...each, median: each.median * 2 })),
    })),
  };
  assert.notEqual(
    benchmarksPage({ ...source, reports: [changed] }),
    benchmarksPage({ ...source, reports: [first!] }),
  );
});

test("a README without a place for the table is refused", () => {
  assert.throws(() => withTable("# reembed", source), /has no table between/);
});
