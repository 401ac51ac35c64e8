import { ReembedError } from "../core/errors.ts";
import type { ErrorDetails } from "../core/errors.ts";

/** Where in a file something is wrong, as far as it is known. Lines and rows count from 1. */
export interface Place {
  readonly line?: number;
  readonly row?: number;
  readonly column?: string;
  readonly [detail: string]: unknown;
}

/** A file whose content is not what its format promises. */
export function formatError(
  file: string,
  problem: string,
  advice: string,
  place: Place = {},
  cause?: unknown,
): ReembedError {
  return new ReembedError("REEMBED_CORPUS_FORMAT", `${located(file, place)}: ${problem}; ${advice}`, {
    details: { file, ...place } satisfies ErrorDetails,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A file that could not be read at all. */
export function unreadableError(
  file: string,
  problem: string,
  advice: string,
  cause?: unknown,
): ReembedError {
  return new ReembedError("REEMBED_CORPUS_UNREADABLE", `${file}: ${problem}; ${advice}`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What the operating system says of a file, as an error that tells what to do. */
export function systemError(file: string, thrown: unknown): ReembedError {
  if (thrown instanceof ReembedError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const [problem, advice] = systemProblems[code] ?? [
    `cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)})`,
    "check the file and its disk",
  ];
  return unreadableError(file, problem, advice, thrown);
}

const systemProblems: Readonly<Record<string, readonly [problem: string, advice: string]>> = {
  ENOENT: ["there is no such file", "check the path"],
  ENOTDIR: ["there is no such file", "check the path"],
  EACCES: ["may not be read by this user", "change its permissions"],
  EPERM: ["may not be read by this user", "change its permissions"],
  EISDIR: ["is a folder", "name the files in it"],
};

/** A value as it is shown in a message: JSON, cut at 60 characters. */
export function shownValue(value: unknown): string {
  const text = typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function located(file: string, place: Place): string {
  if (place.line !== undefined) return `${file}, line ${place.line}`;
  if (place.row !== undefined) return `${file}, row ${place.row}`;
  return file;
}
