import { readFile } from "node:fs/promises";
import { ReembedError } from "../core/errors.ts";
import type { BenchReport } from "./bench-report.ts";

/**
 * Reads a report that `--report` wrote, or that stands as the last line of what `--json` printed.
 * @throws REEMBED_CONFIG_UNREADABLE
 */
export async function readReport(path: string): Promise<BenchReport> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_CONFIG_UNREADABLE", `the baseline ${path} cannot be read`);
  }
  const report = parseWhole(text) ?? parseWhole(text.trim().split("\n").at(-1) ?? "");
  if (isReport(report)) return report;
  throw new ReembedError(
    "REEMBED_CONFIG_UNREADABLE",
    `${path} is no report of reembed bench, format 1: make one with --report FILE`,
    { details: { path } },
  );
}

/** Null for what is no JSON: another reading of the file is tried then. */
function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function isReport(value: unknown): value is BenchReport {
  if (typeof value !== "object" || value === null) return false;
  const { format, suites, machine } = value as Partial<Record<keyof BenchReport, unknown>>;
  return format === 1 && Array.isArray(suites) && typeof machine === "object" && machine !== null;
}
