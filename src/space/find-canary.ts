import { join } from "node:path";
import { type CanaryCheck, canaryKind, type CanaryRecord, canaryTolerance } from "../core/canary.ts";
import { canaryTextsDigest } from "../core/canary-texts.ts";
import type { Space } from "../core/space.ts";
import type { PackageLocation } from "./locate-package.ts";
import { addCanaryToLock, readLock, writeLock } from "./lock-file.ts";
import { readManifest } from "./manifest.ts";
import { makeSpace } from "./space-id.ts";

/**
 * What a package's vectors are checked against: the record of exactly this space, in its manifest or
 * in the lock file, else the record of the same space on another class of CPU, with the tolerance of
 * that; null where there is neither.
 * @throws REEMBED_CONFIG_INVALID, REEMBED_MODEL_FILE_DAMAGED
 */
export async function findCanary(
  { folder, lockKey, pinnedBy }: PackageLocation,
  lockFile: string,
  space: Space,
): Promise<CanaryCheck | null> {
  const shipped = pinnedBy === "manifest" ? (await readManifest(folder)).canaries : [];
  const locked = (await readLock(lockFile)).packages[lockKey]?.canaries ?? [];
  const places = [
    { records: shipped, pinnedIn: join(folder, "manifest.json") },
    { records: locked, pinnedIn: lockFile },
  ];
  const { instructionClass } = space.description;
  for (const serves of [isOfSpace, isOfOtherClass]) {
    for (const { records, pinnedIn } of places) {
      const record = records.find((each) => serves(each, space));
      if (record === undefined) continue;
      const tolerance = canaryTolerance(canaryKind(space.description), record, instructionClass);
      return { record, tolerance, pinnedIn };
    }
  }
  return null;
}

function isOfSpace(record: CanaryRecord, space: Space): boolean {
  return record.spaceId === space.id && record.textsDigest === canaryTextsDigest;
}

/** Whether nothing but the class of CPU keeps the record's space from being this one. */
function isOfOtherClass(record: CanaryRecord, { description }: Space): boolean {
  const there = makeSpace({ ...description, instructionClass: record.instructionClass });
  return isOfSpace(record, there);
}

/** Keeps a record in the lock file, which is read anew: others may have written to it. */
export async function pinCanary(lockFile: string, lockKey: string, record: CanaryRecord): Promise<void> {
  await writeLock(lockFile, addCanaryToLock(await readLock(lockFile), lockKey, record));
}
