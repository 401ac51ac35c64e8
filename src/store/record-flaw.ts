import { hash } from "node:crypto";
import type { Field, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { canonicalJson } from "../core/space.ts";
import { type VersionRecord, versionTransitions } from "../core/version.ts";

/** What keeps a record from being true of its column, and the entry that says it. */
export interface RecordFlaw {
  readonly entry: string;
  readonly reason: string;
}

type Check = (record: VersionRecord, field: Field, schema: Schema) => RecordFlaw | null;

/**
 * What a version's record must agree with: its own identity, its column, and its companions. Whoever
 * edits one of them leaves the others behind.
 */
const checks: readonly Check[] = [
  ({ state }) => {
    if (Object.hasOwn(versionTransitions, state)) return null;
    return { entry: "state", reason: `${JSON.stringify(state)} is no state` };
  },
  ({ space, spaceId }) => {
    const id = hash("sha256", canonicalJson(space), "hex");
    if (id === spaceId) return null;
    return { entry: "space", reason: `the description gives space ${id}, and space-id says ${spaceId}` };
  },
  ({ space }, { type }) => {
    if (!arrow.DataType.isFixedSizeList(type) || type.listSize === space.dimensions) return null;
    return {
      entry: "space",
      reason: `it describes ${space.dimensions} dimensions, and the column holds ${type.listSize}`,
    };
  },
  ({ hashColumn, embeddedAtColumn }, _, schema) => {
    const missing = [hashColumn, embeddedAtColumn].find(
      (name) => !schema.fields.some((field) => field.name === name),
    );
    if (missing === undefined) return null;
    return { entry: "hash-column", reason: `its companion ${missing} is not in the table` };
  },
  ({ canary, spaceId }) => {
    if (canary === null || canary.spaceId === spaceId) return null;
    return { entry: "canary", reason: `it is of space ${canary.spaceId}, and the version of ${spaceId}` };
  },
];

/** What keeps the records of a table from being true together; null where nothing does. */
export function registryFlaw(records: Iterable<VersionRecord>): string | null {
  const active = [...records].filter(({ state }) => state === "active").map(({ name }) => name);
  return active.length > 1 ? `${active.join(" and ")} are both active` : null;
}

/** The first thing that a record says and its column does not; null where they agree. */
export function recordFlaw(record: VersionRecord, field: Field, schema: Schema): RecordFlaw | null {
  for (const check of checks) {
    const flaw = check(record, field, schema);
    if (flaw !== null) return flaw;
  }
  return null;
}
