import { ReembedError } from "../core/errors.ts";
import type { Device } from "../core/device.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import type { ModelReference, ReferenceOptions } from "../core/model-reference.ts";
import type { Space, SpaceDescription } from "../core/space.ts";
import type { CanaryCheck, CanaryRecord } from "../core/canary.ts";
import { describeOnnx } from "./describe-onnx.ts";
import { describeStatic, isStaticPackage } from "./describe-static.ts";
import { findCanary } from "./find-canary.ts";
import { readInstructionClass } from "./instruction-class.ts";
import { locatePackage, type PackageContext, type PackageLocation } from "./locate-package.ts";
import { addToLock, compareWithLock, readLock, writeLock } from "./lock-file.ts";
import { readManifest, verifyManifest } from "./manifest.ts";
import { modelFileError } from "./model-error.ts";
import type { PackageDescription } from "./package-description.ts";
import { digestFiles, hasFile, packageDigest, type PackageFile, readPackageJson } from "./package-files.ts";
import { makeSpace } from "./space-id.ts";

/** A model package, found, verified and described. Nothing of it is loaded yet. */
export interface OpenedModel {
  readonly reference: ModelReference;
  readonly folder: string;
  /** The files that decide a vector, sorted by path. */
  readonly files: readonly PackageFile[];
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
  const { folder, model } = location;
  const config = await readPackageJson(folder, "config.json");
  const described = (await isStaticPackage(folder, config))
    ? await describeStatic(folder, config)
    : await describeOnnx(folder, config, reference.options);
  const files = await digestFiles(folder, await presentFiles(folder, described));
  await verify(reference, location, files, context);
  const space = makeSpace(describeSpace(model, described, reference, files, context.device ?? "cpu"));
  const canary = await findCanary(location, context.lockFile, space);
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
  };
}

/**
 * Packages that ship have records of some classes of CPU; one of another class does as well, so that
 * no file appears beside a user's work for a model of ours.
 */
function isCanaryDue({ pinnedBy }: PackageLocation, canary: CanaryCheck | null, space: Space): boolean {
  return pinnedBy === "manifest" ? canary === null : canary?.record.spaceId !== space.id;
}

/** Of the files that decide a vector, those that the package has. */
async function presentFiles(folder: string, { files }: PackageDescription): Promise<string[]> {
  const present = await Promise.all(files.map(async (path) => ({ path, has: await hasFile(folder, path) })));
  return present.filter(({ has }) => has).map(({ path }) => path);
}

async function verify(
  reference: ModelReference,
  { folder, lockKey, pinnedBy }: PackageLocation,
  files: readonly PackageFile[],
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

function describeSpace(
  model: string,
  described: PackageDescription,
  reference: ModelReference,
  files: readonly PackageFile[],
  device: Device,
): SpaceDescription {
  const { options } = reference;
  checkOptions(reference, described);
  return {
    format: 1,
    kind: described.kind,
    model,
    packageDigest: packageDigest(files),
    dimensions: options.dimensions ?? described.dimensions,
    pooling: options.pooling ?? described.pooling,
    normalize: options.normalize ?? (options.dimensions !== undefined || described.normalize),
    documentPrompt: options.prompt ?? described.documentPrompt,
    queryPrompt: options.queryPrompt ?? described.queryPrompt,
    maxTokens: options.maxTokens ?? described.maxTokens,
    truncation: options.truncation ?? described.truncation,
    quantisation: described.quantisation,
    grouping: described.grouping,
    runtime: described.runtime,
    instructionClass: described.cpuBound ? classOf(device) : "any",
  };
}

/** A dynamically quantised model's vectors are those of a class of CPU, or of another device. */
function classOf(device: Device): string {
  return device === "cpu" ? readInstructionClass() : device;
}

/** Options that this package cannot follow, with what it could. */
function checkOptions({ written, options }: ModelReference, described: PackageDescription): void {
  const refusals: readonly (readonly [option: keyof ReferenceOptions, refused: boolean, why: string])[] = [
    [
      "dimensions",
      (options.dimensions ?? 0) > described.dimensions,
      `its vectors have ${described.dimensions} dimensions`,
    ],
    [
      "maxTokens",
      described.kind === "onnx" && (options.maxTokens ?? 0) > described.positions,
      `it has positions for ${described.positions} tokens`,
    ],
    [
      "pooling",
      described.kind === "static" && options.pooling !== undefined && options.pooling !== "mean",
      "a static model is the mean of its tokens",
    ],
    [
      "grouping",
      options.grouping !== undefined && described.quantisation !== "int8-dynamic",
      "only vectors of dynamically quantised models depend on their neighbours",
    ],
    [
      "onnxFile",
      described.kind === "static" && options.onnxFile !== undefined,
      "a static model has no ONNX file",
    ],
  ];
  for (const [option, refused, why] of refusals) {
    if (!refused) continue;
    throw new ReembedError(
      "REEMBED_CONFIG_REFERENCE",
      `${written}: ${option}=${String(options[option])} cannot be had: ${why}`,
      { details: { reference: written, option } },
    );
  }
}
