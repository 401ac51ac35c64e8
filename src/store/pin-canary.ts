import { type CanaryRecord, compactCanary } from "../core/canary.ts";
import type { VersionRecord } from "../core/version.ts";
import { registryOf, requireCorpus, requireVersion } from "./read-registry.ts";
import { recordUpdates } from "./registry.ts";
import { retryConflict } from "./retry-conflict.ts";
import type { TableHandle } from "./table-handle.ts";

/**
 * Gives a version that has no canary one, in one commit of the table's metadata. A canary that is there
 * by now stays: what a version is checked against is pinned once.
 * @returns the version as it stands then
 * @throws REEMBED_STORE_VERSION_MISSING, REEMBED_STORE_CONFLICT, REEMBED_STORE_WRITE_FAILED
 */
export async function pinCanary(
  handle: TableHandle,
  name: string,
  canary: CanaryRecord,
): Promise<VersionRecord> {
  return retryConflict(
    `table ${handle.name}: the canary of version ${name} cannot be written`,
    "REEMBED_STORE_WRITE_FAILED",
    async () => {
      const table = await handle.open();
      const registry = await registryOf(table);
      const record = requireVersion(handle.name, registry, name);
      if (record.canary !== null) return record;
      const pinned = { ...record, canary: compactCanary(canary) };
      const corpus = requireCorpus(handle.name, registry);
      const updates = recordUpdates(corpus, registry.revision, [pinned]);
      await handle.commits.run(table, () => table.updateFieldMetadata(updates));
      return pinned;
    },
  );
}
