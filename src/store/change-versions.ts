import { ReembedError } from "../core/errors.ts";
import type { VersionChange } from "../core/version-changes.ts";
import { canMove, type VersionRecord, type VersionState } from "../core/version.ts";
import { registryOf, requireCorpus, requireVersion } from "./read-registry.ts";
import { historyEntry, recordUpdates, type Registry, type Stamp } from "./registry.ts";
import { retryConflict } from "./retry-conflict.ts";
import { stateError } from "./store-error.ts";
import type { TableHandle } from "./table-handle.ts";

/**
 * Moves versions from state to state in one commit, or not at all. The commit is made against the
 * very table version that was read, and always touches one common entry, so of two writers that
 * read the same registry exactly one commits; the other reads again and judges anew.
 * @throws REEMBED_STORE_CONFLICT where a version is no longer in the state that the change expects;
 * REEMBED_STORE_STATE for a move that is not allowed, REEMBED_STORE_VERSION_MISSING
 */
export async function changeVersions(handle: TableHandle, changes: readonly VersionChange[]): Promise<void> {
  if (changes.length === 0) return;
  const names = changes.map((change) => `${change.name} to ${change.to}`).join(", ");
  await retryConflict(
    `table ${handle.name}: the change of ${names} cannot be written`,
    "REEMBED_STORE_WRITE_FAILED",
    async () => {
      const table = await handle.open();
      const registry = await registryOf(table);
      const corpus = requireCorpus(handle.name, registry);
      const records = planChanges(handle.name, registry, changes, handle.stamp());
      const updates = recordUpdates(corpus, registry.revision, records);
      await handle.commits.run(table, () => table.updateFieldMetadata(updates));
    },
  );
}

/** The records after the changes, or the reason why they are refused. Pure. */
function planChanges(
  table: string,
  registry: Registry,
  changes: readonly VersionChange[],
  stamp: Stamp,
): VersionRecord[] {
  const changed = changes.map((change) => {
    const record = requireVersion(table, registry, change.name);
    if (record.state !== change.from) {
      throw new ReembedError(
        "REEMBED_STORE_CONFLICT",
        `table ${table}: version ${record.name} is ${record.state} by now, not ${change.from}: ${lastChange(record)}. Nothing was changed; look at reembed versions, and decide again`,
        { details: { table, version: record.name, expected: change.from, found: record.state } },
      );
    }
    if (!canMove(change.from, change.to)) {
      throw stateError(table, `a version cannot go from ${change.from} to ${change.to} (${record.name})`);
    }
    return moved(record, change, stamp);
  });
  const after = registry.versions.map(
    (record) => changed.find((candidate) => candidate.name === record.name) ?? record,
  );
  const active = after.filter((record) => record.state === "active").map((record) => record.name);
  if (new Set(changes.map((change) => change.name)).size < changes.length) {
    throw stateError(table, "a version is named twice in one change");
  }
  if (active.length > 1) {
    throw stateError(table, `${active.join(" and ")} would both be active; retire one in the same change`);
  }
  return changed;
}

/** Who moved a version last, and when, for whoever came too late. */
function lastChange({ history }: VersionRecord): string {
  const last = history.at(-1);
  if (last === undefined) return "something else changed it";
  return `${last.by ?? "another process"} changed it at ${last.at}`;
}

const keepsDueAt: ReadonlySet<VersionState> = new Set(["retiring"]);

function moved(record: VersionRecord, change: VersionChange, stamp: Stamp): VersionRecord {
  return {
    ...record,
    state: change.to,
    dueAt: keepsDueAt.has(change.to) ? (change.dueAt ?? null) : null,
    history: [...record.history, historyEntry(change.to, change.why, stamp)],
  };
}
