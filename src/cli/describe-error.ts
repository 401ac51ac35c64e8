import { inspect } from "node:util";
import { ReembedError } from "../core/errors.ts";
import type { Ledger } from "../core/provider.ts";
import { renderFields } from "../observe/table.ts";
import { printableText, wrapText } from "../observe/text-width.ts";
import { presentLedger } from "./present-ledger.ts";
import type { Terminal } from "./terminal.ts";

/** Entries of a list that are shown; the rest is counted. */
const shownEntries = 10;

export interface ErrorContext {
  /** The command that failed; null where none was recognised. */
  readonly command: string | null;
  /** Whether to show where in the program it happened. */
  readonly debug: boolean;
}

/** The lines that tell a person what went wrong and what to do. */
export function describeError(error: ReembedError, context: ErrorContext, terminal: Terminal): string[] {
  const columns = terminal.columns();
  const lead =
    error.code === "REEMBED_INTERRUPTED"
      ? ""
      : `${error.code === "REEMBED_INTERNAL" ? "internal error" : "error"}: `;
  // A message may list several faults, one a line.
  const [first = "", ...rest] = `${lead}${error.message}`
    .split("\n")
    .flatMap((text) => wrapText(printableText(text), columns));
  const marked = first.startsWith(lead.trimEnd()) && lead !== "";
  const lines = [
    marked ? terminal.style.bad(lead.trimEnd()) + first.slice(lead.trimEnd().length) : first,
    ...rest,
  ];
  lines.push(
    ...renderFields(detailFields(error), columns, terminal.style.faint).map((line) => `  ${line}`),
    ...hints(error, context).flatMap((hint) => wrapText(hint, columns)),
  );
  if (context.debug) lines.push(inspect(error, { depth: 6, colors: false }));
  return lines;
}

/** What was spent, the error's code, and those of its values that its message does not already say. */
function detailFields(error: ReembedError): [string, string][] {
  const { ledger, ...values } = error.details;
  // Runs tell what they spent in a detail of this name, and in this shape alone.
  const spent = presentLedger((ledger as Ledger | undefined) ?? null).filter(([, value]) => value !== "");
  if (error.code === "REEMBED_USAGE" || error.code === "REEMBED_INTERRUPTED") return spent;
  const said = error.message;
  const details = Object.entries(values)
    .flatMap(([name, value]) => flatten(name, value))
    .filter(({ texts }) => texts.some((text) => !said.includes(text)))
    .map(({ name, texts }): [string, string] => {
      const more = texts.length - shownEntries;
      return [name, [...texts.slice(0, shownEntries), ...(more > 0 ? [`and ${more} more`] : [])].join("; ")];
    });
  return [...spent, ...details, ["code", error.code]];
}

interface Detail {
  readonly name: string;
  readonly texts: readonly string[];
}

/** A detail as texts; an object, one level deep, as a detail for each of its members. */
function flatten(name: string, value: unknown): Detail[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [{ name, texts: value.map(scalarText) }];
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([member, inner]) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? [{ name: `${name} ${member}`, texts: [scalarText(inner)] }]
        : flatten(`${name} ${member}`, inner),
    );
  }
  return [{ name, texts: [scalarText(value)] }];
}

function scalarText(value: unknown): string {
  return typeof value === "object" && value !== null
    ? inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY })
    : String(value);
}

function hints(error: ReembedError, context: ErrorContext): string[] {
  if (error.code === "REEMBED_USAGE") {
    return [`See: reembed ${context.command === null ? "" : `${context.command} `}--help`];
  }
  if (error.code === "REEMBED_INTERNAL" && !context.debug) {
    return [
      "This should not happen. Run it again with REEMBED_DEBUG=1 to see where, and report what it prints together with the command and the output of reembed --version.",
    ];
  }
  return [];
}
