import type { StoredTable } from "../core/ports.ts";
import { spoolPolicies, type VectorSpool } from "../core/spool.ts";
import type { VersionRecord } from "../core/version.ts";
import type { VerbContext } from "./verb-context.ts";

/** The spool of a version, where its vectors are dearer than a spool. */
export async function openVersionSpool(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord,
): Promise<VectorSpool | null> {
  const policy = spoolPolicies[version.space.kind];
  if (policy === null) return null;
  const { spaceId, space } = version;
  const key = { table: table.name, version: version.name, spaceId, dimensions: space.dimensions };
  const spool = await context.openSpool(key, policy);
  for (const message of spool.warnings) context.emit({ event: "warning:raised", message });
  return spool;
}
