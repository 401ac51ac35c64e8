import { readPackageJson } from "./package-files.ts";
import type { CanaryCheck, CanaryRecord } from "../core/canary.ts";
import { ReembedError } from "../core/errors.ts";
import type { Device } from "../core/device.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import type { ModelFile } from "../core/model-packages.ts";
import type { ModelReference } from "../core/model-reference.ts";
import type { Space } from "../core/space.ts";
import { findCanary } from "./find-canary.ts";
import { locatePackage, type PackageContext, type PackageLocation } from "./locate-package.ts";
import { addToLock, compareWithLock, readLock, writeLock } from "./lock-file.ts";
import { readManifest, verifyManifest } from "./manifest.ts";
import { modelFileError } from "./model-error.ts";
import { readPackage } from "./read-package.ts";

/** A model package, found, verified and described. Nothing of it is loaded yet. */
export interface OpenedModel {
  readonly reference: ModelReference;
  readonly folder: string;
  /** The files that decide a vector, sorted by path. */
  readonly files: readonly ModelFile[];
  readonly space: Space;
  readonly plan: Omit<EmbedderPlan, "threads" | "device">;
  /** Pinned vectors of this space, or of the same on another class of CPU. */
  readonly canary: CanaryRecord | null;
  /** Whether a record of this space is still to be pinned. */
  readonly canaryDue: boolean;
  /** Under what the lock file has the package. */
  readonly lockKey: string;
  /** What had to be assumed about the package. */
  readonly warnings: readonly string[];
  /**
   * What the model was made from: as its owner said when it was pinned, else as the package says
   * (`base_model` of its `config.json`); null where neither does.
   */
  readonly baseModel: string | null;
}

export interface OpenModelContext extends PackageContext {
  /** Write digests that the lock file does not have yet, instead of refusing the package. */
  readonly pin: boolean;
  /** What will compute a transformer; the CPU where it is not said. */
  readonly device?: Device | undefined;
}

/**
 * Opens a model package: finds it, reads what its files say, and verifies every file that decides a
 * vector against the shipped manifest or the lock file.
 * @throws REEMBED_MODEL_MISSING, REEMBED_MODEL_FILE_MISSING, REEMBED_MODEL_FILE_DAMAGED,
 * REEMBED_MODEL_UNSUPPORTED, REEMBED_MODEL_LOCK_MISMATCH, REEMBED_CONFIG_UNPINNED,
 * REEMBED_CONFIG_REFERENCE
 */
export async function openModel(reference: ModelReference, context: OpenModelContext): Promise<OpenedModel> {
  const location = await locatePackage(reference, context);
  const { described, files, space } = await readPackage(reference, location, context.device);
  await verify(reference, location, files, context);
  const canary = await findCanary(location, context.lockFile, space);
  const { folder } = location;
  const parent = (await readLock(context.lockFile)).packages[location.lockKey]?.parent;
  const baseModel = parent?.reference ?? (await readPackageJson(folder, "config.json"))?.["base_model"];
  return {
    reference,
    folder,
    files,
    space,
    canary: canary?.record ?? null,
    canaryDue: isCanaryDue(location, canary, space),
    lockKey: location.lockKey,
    plan: {
      kind: described.kind,
      folder,
      weightsFile: described.weightsFile,
      space: space.description,
      canary,
    },
    warnings: described.warnings,
    baseModel: typeof baseModel === "string" ? baseModel : null,
  };
}

/**
 * Packages that ship have records of some classes of CPU; one of another class does as well, so that
 * no file appears beside a user's work for a model of ours.
 */
function isCanaryDue({ pinnedBy }: PackageLocation, canary: CanaryCheck | null, space: Space): boolean {
  return pinnedBy === "manifest" ? canary === null : canary?.record.spaceId !== space.id;
}

async function verify(
  reference: ModelReference,
  { folder, lockKey, pinnedBy }: PackageLocation,
  files: readonly ModelFile[],
  { lockFile, pin }: OpenModelContext,
): Promise<void> {
  if (pinnedBy === "manifest") {
    verifyManifest(folder, await readManifest(folder), files);
    return;
  }
  const lock = await readLock(lockFile);
  const compared = compareWithLock(lock, lockKey, files);
  if (compared.state === "mismatch") {
    throw modelFileError(
      "REEMBED_MODEL_LOCK_MISMATCH",
      compared.file,
      `its sha256 is ${compared.found}, ${lockFile} has ${compared.locked} for ${lockKey}`,
      "put the pinned file back; if the change is meant, remove the entry from the lock file and run again with --pin",
    );
  }
  if (compared.state === "locked") return;
  if (pin) {
    await writeLock(lockFile, addToLock(lock, lockKey, files));
    return;
  }
  throw new ReembedError(
    "REEMBED_CONFIG_UNPINNED",
    `${reference.written} is not pinned: ${lockFile} has no digest of ${compared.files.join(", ")}; run the same command again with --pin to write them`,
    { details: { reference: reference.written, lockFile, files: compared.files } },
  );
}
