/** The report of a bench run: what `--json` answers, what pages and documents are made from. */
import type { Machine } from "./describe-machine.ts";
import type { Summary } from "./statistics.ts";
import type { Quiet } from "./watch-quiet.ts";

export const suiteNames = ["lane", "store", "search", "api", "pipeline", "scale", "micro", "peers"] as const;
export type SuiteName = (typeof suiteNames)[number];

/** What is measured where nothing is asked for: all but other tools, which must be installed first. */
export const usualSuites: readonly SuiteName[] = suiteNames.filter((name) => name !== "peers");

/** A case with its figures. */
export interface CaseReport extends Summary {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/** One case by another, measured in turns in this run: the same on a slow machine as on a fast one. */
export interface RatioReport extends Summary {
  readonly name: string;
  /** `ceiling`: the bare limit. `peer`: another tool. `self`: two of our own cases. */
  readonly against: "ceiling" | "peer" | "self";
  readonly better: "higher" | "lower";
  /** What it is meant to reach; null where nothing was promised. */
  readonly limit: number | null;
}

/** A count or a share that no machine changes: padding, commits, copies, bytes. */
export interface FactReport {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly limit: number | null;
}

/** A line of a plot. */
export interface SeriesReport {
  readonly plot: string;
  readonly name: string;
  readonly x: { readonly label: string; readonly scale: "linear" | "log" };
  readonly y: { readonly label: string };
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface SuiteReport {
  readonly suite: SuiteName;
  readonly seconds: number;
  readonly cases: readonly CaseReport[];
  readonly ratios: readonly RatioReport[];
  readonly facts: readonly FactReport[];
  readonly series: readonly SeriesReport[];
  /** What was not run and why, and what a reader must know. */
  readonly notes: readonly string[];
}

/** The texts that were measured on. */
export interface CorpusReport {
  readonly name: string;
  /** sha256 of the texts, in order, each with a zero byte behind it. */
  readonly digest: string;
  readonly texts: number;
  /** Tokens of a text by the suite's model; null where none was counted. */
  readonly tokens: { readonly median: number; readonly p95: number; readonly most: number } | null;
}

export interface BenchReport {
  readonly format: 1;
  readonly version: string;
  /** The command that makes this report again. */
  readonly commandLine: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Packages that decide speed, with their versions. */
  readonly packages: Readonly<Record<string, string>>;
  readonly quiet: Quiet;
  readonly corpora: readonly CorpusReport[];
  readonly suites: readonly SuiteReport[];
}

/** Whether a figure keeps what was promised of it; null where nothing was. */
export function keepsLimit(
  figure: Pick<RatioReport, "limit" | "better"> & { readonly value: number },
): boolean | null {
  if (figure.limit === null) return null;
  return figure.better === "higher" ? figure.value >= figure.limit : figure.value <= figure.limit;
}
