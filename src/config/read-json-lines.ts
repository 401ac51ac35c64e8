import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { ReembedError } from "../core/errors.ts";

/**
 * Reads a file of one JSON object a line; empty lines say nothing.
 * @param what the file in words, for messages: "the table of hosted models"
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID with the file and the line
 */
export async function readJsonLines<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  what: string,
): Promise<z.output<Schema>[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_CONFIG_UNREADABLE", `${what} ${file} cannot be read`);
  }
  return parseJsonLines(text, schema, file);
}

/** The objects of such a text. @param name where it comes from @throws REEMBED_CONFIG_INVALID with the line */
export function parseJsonLines<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  name: string,
): z.output<Schema>[] {
  return text
    .split("\n")
    .map((written, index) => ({ written, where: `${name}:${index + 1}` }))
    .filter(({ written }) => written.trim() !== "")
    .map(({ written, where }) => parseLine(written, schema, where));
}

function parseLine<Schema extends z.ZodType>(
  written: string,
  schema: Schema,
  where: string,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch (error) {
    throw ReembedError.from(error, "REEMBED_CONFIG_INVALID", `${where} is no JSON`);
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join(".") || "line"}: ${message}`);
  throw new ReembedError("REEMBED_CONFIG_INVALID", `${where}: ${problems.join("; ")}`, {
    details: { where, problems },
  });
}
