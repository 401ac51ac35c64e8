import type { FlagSpecs } from "./flags.ts";

/** Flags of every command that works on a table. */
export const tableFlags = {
  db: {
    kind: "text",
    placeholder: "URI",
    about: "LanceDB folder or URI; default: ./reembed-data",
  },
  table: { kind: "text", placeholder: "NAME", about: "the table to work on" },
  config: {
    kind: "text",
    placeholder: "FILE",
    about: "configuration; default: reembed.config.json or .ts in this folder",
  },
  pin: {
    kind: "switch",
    about: "pin a local model that is not yet in reembed.lock.json",
  },
} as const satisfies FlagSpecs;

/** Flags that every command takes. */
export const outputFlags = {
  json: { kind: "switch", about: "NDJSON on stdout: events, and last the result or the error" },
  quiet: { kind: "switch", about: "no progress; only warnings and the result" },
  log: { kind: "text", placeholder: "FILE", about: "append a dated log of what happens to this file" },
  help: { kind: "switch", about: "show this help" },
} as const satisfies FlagSpecs;
