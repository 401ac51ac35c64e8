import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Deprecation } from "../core/deprecations.ts";
import { ReembedError } from "../core/errors.ts";

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
 * Reads calendars of models that end: one JSON object a line, each with its source and the day that this
 * speaks for. Of two entries for a model the later file's wins.
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID with the file and the line
 */
export async function readDeprecations(files: readonly string[]): Promise<Deprecation[]> {
  const calendar = new Map<string, Deprecation>();
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      throw ReembedError.from(
        error,
        "REEMBED_CONFIG_UNREADABLE",
        `the calendar of deprecations ${file} cannot be read`,
      );
    }
    for (const entry of parseDeprecations(text, file))
      calendar.set(`${entry.provider}:${entry.model}`, entry);
  }
  return [...calendar.values()];
}

/** The entries of a calendar's text. @throws REEMBED_CONFIG_INVALID with the line */
export function parseDeprecations(text: string, name: string): Deprecation[] {
  return text
    .split("\n")
    .map((written, index) => ({ written, where: `${name}:${index + 1}` }))
    .filter(({ written }) => written.trim() !== "")
    .map(({ written, where }) => parseEntry(written, where));
}

function parseEntry(written: string, where: string): Deprecation {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_CONFIG_INVALID", `${where} is no JSON`);
  }
  const checked = entrySchema.safeParse(json);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join(".") || "line"}: ${message}`);
  throw new ReembedError("REEMBED_CONFIG_INVALID", `${where}: ${problems.join("; ")}`, {
    details: { where, problems },
  });
}
