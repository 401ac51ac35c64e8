import { z } from "zod";
import type { Calendar, Deprecation } from "../core/deprecations.ts";
import { parseJsonLines, readJsonLines } from "./read-json-lines.ts";

const entrySchema = z.strictObject({
  provider: z.string().min(1),
  model: z.string().min(1),
  announced: z.iso.date().nullable(),
  shutdown: z.iso.date(),
  replacement: z.string().min(1).nullable(),
  source: z.string().min(1),
  asOf: z.iso.date(),
});

/**
 * Reads a calendar of models that end: one JSON object a line, each with its source and the day that
 * this speaks for.
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID with the file and the line
 */
export async function readDeprecations(file: string): Promise<Deprecation[]> {
  return readJsonLines(file, entrySchema, "the calendar of deprecations");
}

/** The entries of a calendar's text. @throws REEMBED_CONFIG_INVALID with the name and the line */
export function parseDeprecations(text: string, name: string): Deprecation[] {
  return parseJsonLines(text, entrySchema, name);
}

/**
 * What is known of models that end: the shipped calendar, under the one at an address, under files of the
 * user's. Of two entries for a model the later calendar's wins.
 * @param online null where no address is set
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID with the file and the line
 */
export async function readCalendar(
  shipped: string,
  online: (() => Promise<Calendar>) | null,
  files: readonly string[],
): Promise<Calendar> {
  const [first = [], ...own] = await Promise.all([shipped, ...files].map(readDeprecations));
  const { entries, notes } = (await online?.()) ?? { entries: [], notes: [] };
  return { entries: mergeCalendars([first, entries, ...own]), notes };
}

/** One calendar of several: of two entries for a model the later calendar's wins. */
export function mergeCalendars(calendars: readonly (readonly Deprecation[])[]): Deprecation[] {
  const merged = new Map(calendars.flat().map((entry) => [`${entry.provider}:${entry.model}`, entry]));
  return [...merged.values()];
}
