import {
  formatBytes,
  formatCompact,
  formatCount,
  formatCountOf,
  formatDuration,
  formatRate,
} from "../observe/quantities.ts";
import { cutToWidth, printableText, textWidth } from "../observe/text-width.ts";
import type { Activity } from "./activity.ts";

type BatchProgress = Extract<Activity, { kind: "batch" }>["progress"];

/** A part of a progress line in its wordings, the longest first, and how early it is given up. */
interface Part {
  readonly wordings: readonly [string, ...string[]];
  /** Parts of the highest rank go first where space is short; those of rank 0 stay. */
  readonly rank: number;
}

/** A way to write parts in a row. */
interface Form {
  readonly wording: number;
  readonly gap: string;
}

const looseForms: readonly Form[] = [
  { wording: 0, gap: "  " },
  { wording: 1, gap: "  " },
];

/** Harder to read: taken only when nothing but what people watch for is left. */
const tightForms: readonly Form[] = [
  { wording: 2, gap: "  " },
  { wording: 1, gap: " " },
  { wording: 2, gap: " " },
];

/** Highest rank of what people watch for: share, rate, tokens, time left, memory. */
const watchedRank = 3;

/** The progress line of an activity, no wider than the terminal. */
export function progressLine(activity: Activity, nowMs: number, columns: number): string {
  return fitParts(partsOf(activity, nowMs), columns);
}

/** Parts in a row: in fewer words where they do not fit, then fewer parts. */
function fitParts(parts: readonly Part[], columns: number): string {
  const ranks = [...new Set(parts.map(({ rank }) => rank))].toSorted((a, b) => b - a);
  let line = "";
  for (const rank of ranks) {
    const kept = parts.filter((each) => each.rank <= rank);
    for (const form of rank > watchedRank ? looseForms : [...looseForms, ...tightForms]) {
      line = joinParts(kept, form);
      if (textWidth(line) <= columns) return line;
    }
  }
  return cutToWidth(line, columns);
}

/** Each part in the form's wording, or in its last. */
function joinParts(parts: readonly Part[], { wording, gap }: Form): string {
  return parts.map(({ wordings }) => wordings[wording] ?? wordings.at(-1) ?? "").join(gap);
}

function partsOf(activity: Activity, nowMs: number): Part[] {
  const elapsedSeconds = (nowMs - activity.sinceMs) / 1000;
  switch (activity.kind) {
    case "import":
      return importParts(activity, elapsedSeconds);
    case "backfill":
      return backfillParts(activity, elapsedSeconds);
    case "batch":
      return batchParts(activity.progress, elapsedSeconds);
    case "embed":
      return embedParts(activity, elapsedSeconds);
    case "index":
      return [
        part(0, `building the index of ${activity.version}`, `index of ${activity.version}`),
        part(4, rowsOf(activity.rows)),
        elapsed(elapsedSeconds),
      ];
    case "adopt":
      return [
        part(0, `taking over ${activity.version}`, activity.version),
        part(0, percentOf(activity.rows, activity.totalRows)),
        part(4, rowsOf(activity.rows)),
        elapsed(elapsedSeconds),
      ];
    case "eval":
      return [
        part(0, `searching ${activity.version}`, activity.version),
        part(
          0,
          `${formatCount(activity.queries)}/${formatCount(activity.total)} queries`,
          percentOf(activity.queries, activity.total),
        ),
        elapsed(elapsedSeconds),
      ];
    case "pull":
      return [
        part(0, `fetching ${printableText(activity.reference)}`, "fetching"),
        part(0, percentOf(activity.bytes, activity.totalBytes)),
        part(4, `${formatBytes(activity.bytes)} of ${formatBytes(activity.totalBytes)}`),
        elapsed(elapsedSeconds),
      ];
    case "bench":
      return benchParts(activity.progress, elapsedSeconds);
    case "step":
      return [part(0, printableText(activity.title)), elapsed(elapsedSeconds)];
  }
}

function benchParts(
  progress: Extract<Activity, { kind: "bench" }>["progress"],
  elapsedSeconds: number,
): Part[] {
  const { suite, suiteNumber, suites, number, of } = progress;
  return [
    part(0, `${suite} (${suiteNumber}/${suites})`, suite),
    ...(number === 0
      ? [part(0, "getting ready")]
      : [part(0, `${number}/${of} measurements`, `${number}/${of}`)]),
    ...(progress.case === "" ? [] : [part(4, printableText(progress.case))]),
    elapsed(elapsedSeconds),
  ];
}

function importParts(activity: Extract<Activity, { kind: "import" }>, elapsedSeconds: number): Part[] {
  const { table, progress } = activity;
  const title = part(0, table === "" ? "importing" : `importing ${printableText(table)}`, "import");
  if (progress === null) return [title, elapsed(elapsedSeconds)];
  const { share, rows, bytes, rowsPerSecond, rssBytes } = progress;
  const known = share !== null && share > 0;
  return [
    title,
    ...(known ? [part(0, percentOf(share, 1))] : []),
    part(4, rowsOf(rows), `${formatCompact(rows)} rows`),
    part(5, `${formatBytes(bytes)} read`),
    part(1, formatRate(rowsPerSecond, "rows"), `${formatCompact(rowsPerSecond)}/s`),
    known ? eta((elapsedSeconds * (1 - share)) / share) : elapsed(elapsedSeconds),
    memory(rssBytes),
  ];
}

function backfillParts(activity: Extract<Activity, { kind: "backfill" }>, elapsedSeconds: number): Part[] {
  const { version, progress, units, unitsDone } = activity;
  if (progress === null) return [part(0, `${version}: loading the model`, version), elapsed(elapsedSeconds)];
  const { rows, totalRows, tokens, rowsPerSecond, tokensPerSecond, etaSeconds, rssBytes } = progress;
  return [
    part(0, version),
    part(0, percentOf(rows, totalRows)),
    part(5, `${formatCount(rows)}/${formatCount(totalRows)} rows`),
    ...(units > 1 ? [part(6, `${unitsDone}/${units} units`)] : []),
    part(1, formatRate(rowsPerSecond, "texts"), `${formatCompact(rowsPerSecond)}/s`),
    part(
      3,
      `${formatCompact(tokens)} tokens at ${formatCompact(tokensPerSecond)}/s`,
      `${formatCompact(tokensPerSecond)} tok/s`,
      `${formatCompact(tokensPerSecond)}tok/s`,
    ),
    etaSeconds === null ? elapsed(elapsedSeconds) : eta(etaSeconds),
    memory(rssBytes),
  ];
}

function batchParts({ version, batches, texts, done }: BatchProgress, elapsedSeconds: number): Part[] {
  return [
    part(0, `${version}: ${formatCountOf(batches, "batch", "batches")} under way`, version),
    part(0, percentOf(done, texts)),
    part(4, `${formatCount(done)}/${formatCount(texts)} texts`),
    elapsed(elapsedSeconds),
  ];
}

function embedParts({ progress }: Extract<Activity, { kind: "embed" }>, elapsedSeconds: number): Part[] {
  const { share, rows, tokens, rowsPerSecond, tokensPerSecond, rssBytes } = progress;
  return [
    part(0, "embedding", "embed"),
    ...(share === null ? [] : [part(0, `${percentOf(share, 1)} read`, percentOf(share, 1))]),
    part(4, rowsOf(rows), `${formatCompact(rows)} rows`),
    part(1, formatRate(rowsPerSecond, "texts"), `${formatCompact(rowsPerSecond)}/s`),
    part(3, `${formatCompact(tokens)} tokens at ${formatCompact(tokensPerSecond)}/s`),
    elapsed(elapsedSeconds),
    memory(rssBytes),
  ];
}

function part(rank: number, ...wordings: [string, ...string[]]): Part {
  return { rank, wordings };
}

function eta(seconds: number): Part {
  const time = formatDuration(Math.ceil(seconds));
  // Of two units the larger one is enough where there is no room for both.
  return part(0, `${time} left`, time, time.split(" ").slice(0, 2).join(" "));
}

function elapsed(seconds: number): Part {
  return part(2, formatDuration(Math.floor(Math.max(0, seconds))));
}

function memory(bytes: number): Part {
  return part(2, `${formatBytes(bytes)} memory`, formatBytes(bytes));
}

function rowsOf(rows: number): string {
  return `${formatCount(rows)} rows`;
}

/** Whole per cents, and 100 only at the end. */
function percentOf(done: number, all: number): string {
  return `${all === 0 ? 100 : Math.min(100, Math.floor((done / all) * 100))} %`;
}
