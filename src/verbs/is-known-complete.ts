import type { StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import type { VerbContext } from "./verb-context.ts";

/** Whether nothing is left to do, as an earlier run found out at this very version of the table. */
export async function isKnownComplete(
  { completeness }: VerbContext,
  table: StoredTable,
  { name }: VersionRecord,
): Promise<boolean> {
  const { versions, tableVersion } = await table.snapshot();
  const present = versions.find((version) => version.name === name);
  return present !== undefined && completeness.isKnown(table.name, present, tableVersion);
}
