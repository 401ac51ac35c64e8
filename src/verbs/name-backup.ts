import { ReembedError } from "../core/errors.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import { backupName } from "../core/version.ts";
import { findVersion, hasName } from "../lifecycle/find-version.ts";
import type { VerbContext } from "./verb-context.ts";

/** Makes a version the table's backup, unless it is. */
export async function nameBackup(context: VerbContext, table: StoredTable, name: string): Promise<void> {
  if (findVersion(await table.snapshot(), name).backup) return;
  await table.nameBackup(name);
  context.emit({ event: "backup:named", version: name });
}

/**
 * Refuses what would make `backup` mean two versions: the one of that name, and the one in that role.
 * @throws REEMBED_USAGE
 */
export function checkBackupName(snapshot: TableSnapshot, name: string | undefined, isBackup: boolean): void {
  const called = snapshot.versions.some((version) => hasName(version, backupName));
  const kept = snapshot.versions.find((version) => version.backup);
  const clash =
    isBackup && name !== backupName
      ? called
      : !isBackup && name === backupName && kept !== undefined && !hasName(kept, backupName);
  if (!clash) return;
  throw new ReembedError(
    "REEMBED_USAGE",
    `"${backupName}" would mean two versions of table ${snapshot.name}: the one of that name, and the one that is kept as the backup; choose another --name`,
    { details: { table: snapshot.name, version: name ?? null, backup: kept?.name ?? null } },
  );
}
