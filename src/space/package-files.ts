import { createHash, hash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelFile } from "../core/model-packages.ts";
import { modelFileError } from "./model-error.ts";

const chunkBytes = 1 << 20;

/** The digest of one file, read in pieces. @throws REEMBED_MODEL_FILE_MISSING */
export async function digestFile(folder: string, path: string): Promise<ModelFile> {
  const file = await open(join(folder, path)).catch((error: unknown) => {
    throw modelFileError(
      "REEMBED_MODEL_FILE_MISSING",
      join(folder, path),
      error instanceof Error ? error.message : String(error),
      "the package is incomplete: fetch it again",
      error,
    );
  });
  try {
    const digest = createHash("sha256");
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) return { path, sha256: digest.digest("hex"), bytes };
      digest.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The digests of files, sorted by path. */
export async function digestFiles(folder: string, paths: readonly string[]): Promise<ModelFile[]> {
  return Promise.all([...paths].toSorted().map((path) => digestFile(folder, path)));
}

/** One digest of a whole package: over its sorted `path sha256` lines. */
export function packageDigest(files: readonly ModelFile[]): string {
  const lines = files.map(({ path, sha256 }) => `${path} ${sha256}\n`).toSorted();
  return hash("sha256", lines.join(""), "hex");
}

/** Whether a file of the package is there. */
export async function hasFile(folder: string, path: string): Promise<boolean> {
  const found = await stat(join(folder, path)).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return null;
    throw error;
  });
  return found?.isFile() ?? false;
}

/** A JSON object of the package, or null where the file is absent. @throws REEMBED_MODEL_FILE_DAMAGED */
export async function readPackageJson(folder: string, path: string): Promise<JsonObject | null> {
  if (!(await hasFile(folder, path))) return null;
  const text = await readFile(join(folder, path), "utf8");
  try {
    return JSON.parse(text) as JsonObject;
  } catch (error) {
    throw modelFileError(
      "REEMBED_MODEL_FILE_DAMAGED",
      join(folder, path),
      `no JSON (${error instanceof Error ? error.message : String(error)})`,
      "fetch the package again",
      error,
    );
  }
}

/** What a JSON file holds, unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;
