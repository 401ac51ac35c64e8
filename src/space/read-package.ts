import type { Device } from "../core/device.ts";
import { ReembedError } from "../core/errors.ts";
import type { ModelFile } from "../core/model-packages.ts";
import type { ModelReference, ReferenceOptions } from "../core/model-reference.ts";
import type { Space, SpaceDescription } from "../core/space.ts";
import { describeOnnx } from "./describe-onnx.ts";
import { describeStatic, isStaticPackage } from "./describe-static.ts";
import { readInstructionClass } from "./instruction-class.ts";
import type { PackageLocation } from "./locate-package.ts";
import type { PackageDescription } from "./package-description.ts";
import { digestFiles, hasFile, packageDigest, readPackageJson } from "./package-files.ts";
import { makeSpace } from "./space-id.ts";

/** What the files of a package say, with their digests. */
export interface ReadPackage {
  readonly described: PackageDescription;
  /** The files that decide a vector, sorted by path. */
  readonly files: readonly ModelFile[];
  readonly space: Space;
}

/**
 * Reads a package whether something pins it or not.
 * @throws REEMBED_MODEL_FILE_MISSING, REEMBED_MODEL_FILE_DAMAGED, REEMBED_MODEL_UNSUPPORTED,
 * REEMBED_CONFIG_REFERENCE
 */
export async function readPackage(
  reference: ModelReference,
  { folder, model }: PackageLocation,
  device: Device = "cpu",
): Promise<ReadPackage> {
  const config = await readPackageJson(folder, "config.json");
  const described = (await isStaticPackage(folder, config))
    ? await describeStatic(folder, config)
    : await describeOnnx(folder, config, reference.options);
  const files = await digestFiles(folder, await presentFiles(folder, described));
  return { described, files, space: makeSpace(describeSpace(model, described, reference, files, device)) };
}

/** Of the files that decide a vector, those that the package has. */
async function presentFiles(folder: string, { files }: PackageDescription): Promise<string[]> {
  const present = await Promise.all(files.map(async (path) => ({ path, has: await hasFile(folder, path) })));
  return present.filter(({ has }) => has).map(({ path }) => path);
}

function describeSpace(
  model: string,
  described: PackageDescription,
  reference: ModelReference,
  files: readonly ModelFile[],
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
