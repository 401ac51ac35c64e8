import { join } from "node:path";
import { type CanaryRecord, parseCanaryRecord } from "../core/canary.ts";
import { modelFileError } from "./model-error.ts";
import type { ModelFile } from "../core/model-packages.ts";
import { readPackageJson } from "./package-files.ts";

/** What ships beside a bundled package: where it is from, under which licence, and its digests. */
export interface PackageManifest {
  readonly name: string;
  readonly source: string;
  readonly revision: string;
  readonly licence: string;
  readonly files: readonly ModelFile[];
  /** Vectors of the fixed texts, one record for each class of CPU that they were made on. */
  readonly canaries: readonly CanaryRecord[];
}

/** @throws REEMBED_MODEL_FILE_MISSING, REEMBED_MODEL_FILE_DAMAGED */
export async function readManifest(folder: string): Promise<PackageManifest> {
  const file = join(folder, "manifest.json");
  const manifest = (await readPackageJson(folder, "manifest.json")) as
    | (Omit<PackageManifest, "canaries"> & { readonly canaries?: readonly unknown[] })
    | null;
  const whatToDo = "the installation is damaged: install the program again";
  if (manifest === null) throw modelFileError("REEMBED_MODEL_FILE_MISSING", file, "not found", whatToDo);
  if (!Array.isArray(manifest.files)) {
    throw modelFileError("REEMBED_MODEL_FILE_DAMAGED", file, "it lists no files", whatToDo);
  }
  const canaries: CanaryRecord[] = [];
  for (const value of manifest.canaries ?? []) {
    const record = parseCanaryRecord(value);
    if (typeof record === "string") {
      throw modelFileError("REEMBED_MODEL_FILE_DAMAGED", file, `a canary in it: ${record}`, whatToDo);
    }
    canaries.push(record);
  }
  return { ...manifest, canaries };
}

/** Compares files with the manifest. @throws REEMBED_MODEL_FILE_DAMAGED */
export function verifyManifest(folder: string, manifest: PackageManifest, files: readonly ModelFile[]): void {
  for (const { path, sha256 } of files) {
    const shipped = manifest.files.find((file) => file.path === path);
    if (shipped?.sha256 === sha256) continue;
    throw modelFileError(
      "REEMBED_MODEL_FILE_DAMAGED",
      join(folder, path),
      shipped === undefined
        ? "the manifest does not know this file"
        : `its sha256 is ${sha256}, the manifest says ${shipped.sha256}`,
      "the installation is damaged: install the program again",
    );
  }
}
