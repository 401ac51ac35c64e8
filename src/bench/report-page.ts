import { barChart } from "../observe/charts/bar-chart.ts";
import { lineChart } from "../observe/charts/line-chart.ts";
import { htmlPage, htmlTable, paragraph } from "../observe/html-page.ts";
import { formatCompact, formatCount, formatDuration } from "../observe/quantities.ts";
import { type BenchReport, keepsLimit, type RatioReport, type SuiteReport } from "./bench-report.ts";
import { formatFact, formatRatio } from "./report-blocks.ts";

/** What each suite is about, as headings of the page. */
const headings: Readonly<Record<SuiteReport["suite"], string>> = {
  lane: "Lane: inference alone",
  store: "Store: tables without a model",
  search: "Search: latency, idle and during a backfill",
  api: "API: a provider's limits, to the last token",
  pipeline: "Pipeline: table in, column out",
  scale: "Scale: cost and memory over rows",
  micro: "Micro: the parts, one by one",
  peers: "Peers: other tools on the same texts and cores",
};

/** How ratios are told apart in plots. */
const kinds: readonly (readonly [RatioReport["against"], string])[] = [
  ["ceiling", "share of the ceiling"],
  ["peer", "times another tool"],
  ["self", "our own cases against each other"],
];

/** One self-contained page of a bench report. */
export function reportPage(report: BenchReport): string {
  const { machine, quiet, packages } = report;
  return htmlPage({
    title: "reembed bench",
    lead: `${machine.cpu}, ${formatCount(machine.cpus)} CPUs (${machine.features.join(", ") || machine.architecture}), Node ${machine.node}. ${
      quiet.quiet
        ? "The machine was quiet."
        : `The machine was not quiet (${quiet.reasons.join("; ")}): trust ratios, not rates.`
    }`,
    sections: [
      ...(report.corpora.length === 0 ? [] : [{ heading: "Texts", markup: corporaMarkup(report) }]),
      ...report.suites.map((suite) => ({ heading: headings[suite.suite], markup: suiteMarkup(suite) })),
    ],
    footer: [
      `made by: ${report.commandLine}`,
      `reembed ${report.version}, ${report.startedAt}, ${formatDuration(report.seconds)}`,
      `${machine.system}, ${machine.architecture}`,
      Object.entries(packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ].join("\n"),
  });
}

function corporaMarkup({ corpora }: BenchReport): string {
  return htmlTable(
    ["corpus", "texts", "tokens, median", "95 %", "most", "digest"],
    corpora.map(({ name, texts, tokens, digest }) => [
      name,
      formatCount(texts),
      ...(tokens === null ? ["-", "-", "-"] : [tokens.median, tokens.p95, tokens.most].map(formatCount)),
      digest.slice(0, 12),
    ]),
  );
}

function suiteMarkup(suite: SuiteReport): string {
  return [
    ...suite.notes.map(paragraph),
    ...(suite.cases.length === 0
      ? []
      : [
          htmlTable(
            ["case", "median", "interval", "unit"],
            suite.cases.map(({ name, median, low, high, unit }) => [
              name,
              formatCompact(median),
              `${formatCompact(low)} to ${formatCompact(high)}`,
              unit,
            ]),
          ),
        ]),
    ...kinds.flatMap(([against, title]) => ratioChart(suite, against, title)),
    ...(suite.ratios.length + suite.facts.length === 0 ? [] : [limitsTable(suite)]),
    ...plotsOf(suite),
  ].join("\n");
}

function ratioChart(suite: SuiteReport, against: RatioReport["against"], title: string): string[] {
  const ratios = suite.ratios.filter((ratio) => ratio.against === against);
  if (ratios.length === 0) return [];
  const chart = barChart({
    title,
    note: against === "ceiling" ? "1 is all that the bare runtime reaches" : "medians, with their intervals",
    bars: ratios.map(({ name, median, low, high }) => ({
      label: name,
      value: median,
      interval: [low, high],
    })),
    reference: { value: 1, label: "1" },
    format: formatRatio,
  });
  return [chart];
}

function limitsTable({ ratios, facts }: SuiteReport): string {
  const rows = [
    ...ratios.map((ratio) => ({ ...ratio, value: ratio.median, unit: "" })),
    ...facts.map((fact) => ({ ...fact })),
  ];
  return htmlTable(
    ["figure", "value", "limit", ""],
    rows.map((row) => {
      const kept = keepsLimit(row);
      const limit =
        row.limit === null ? "-" : `${row.better === "higher" ? "≥" : "≤"} ${formatFact(row.limit)}`;
      return [
        row.name,
        `${formatFact(row.value)} ${row.unit}`.trim(),
        limit,
        kept === null ? "" : kept ? "kept" : "short",
      ];
    }),
  );
}

function plotsOf({ series }: SuiteReport): string[] {
  const plots = Map.groupBy(series, ({ plot }) => plot);
  return [...plots].map(([title, lines]) => {
    const { x, y } = lines[0]!;
    return lineChart({
      title,
      x: { ...x, fromZero: false, format: formatFact },
      y: { ...y, format: formatFact },
      series: lines.map(({ name, points }) => ({ name, points })),
    });
  });
}
