import { type Calendar, deprecationAlerts } from "../core/deprecations.ts";
import { groupFamilies } from "../core/lineage.ts";
import type { VersionsRequest, VersionsResult } from "../core/verbs.ts";
import { hasColumn, summarizeVersions } from "../lifecycle/summarize-versions.ts";
import { openTable, type VerbContext } from "./verb-context.ts";

/** Every version of the table, with what is known of the end of its models. */
export async function listVersions(
  context: VerbContext,
  readCalendar: () => Promise<Calendar>,
  request: VersionsRequest,
): Promise<VersionsResult> {
  const table = await openTable(context);
  const versions = await summarizeVersions(table, { ...request, signal: context.signal });
  const records = (await table.snapshot()).versions;
  const { entries, notes } = await readCalendar();
  for (const message of notes) context.emit({ event: "warning:raised", message });
  const deprecations = deprecationAlerts(entries, records.filter(hasColumn), context.nowMs());
  const result = { table: table.name, versions, deprecations };
  return request.tree === true ? { ...result, families: groupFamilies(records) } : result;
}
