import type { KnownRevision } from "../core/newer-bases.ts";
import { readLock } from "./lock-file.ts";

/**
 * The commits of the hub's repositories that the lock file has, each since its first vectors were pinned.
 * Folders are left out: the lock has their last state only.
 * @throws REEMBED_CONFIG_INVALID, REEMBED_CONFIG_UNREADABLE
 */
export async function lockedRevisions(lockFile: string): Promise<KnownRevision[]> {
  const { packages } = await readLock(lockFile);
  return Object.entries(packages).flatMap(([reference, { canaries }]): KnownRevision[] => {
    const [since] = canaries.map(({ pinnedAt }) => pinnedAt).toSorted();
    if (!reference.startsWith("hf:") || since === undefined) return [];
    const day = since.slice(0, "2026-01-01".length);
    return [{ reference, packageDigest: null, since, from: `pinned in ${lockFile} on ${day}` }];
  });
}
