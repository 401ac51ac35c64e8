import { readFile, stat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../core/space.ts";
import { ReembedError } from "../core/errors.ts";
import type { OnEmpty } from "../core/verbs.ts";
import { writeFileWhole } from "./byte-sink.ts";

/** Readers of a folder of part files pass over names that begin with `_`. */
const manifestName = "_reembed.json";

/** A source as it was when its rows were read: a changed file is another source. */
export interface SourceIdentity {
  readonly path: string;
  /** Null for standard input, which only its texts can tell. */
  readonly files:
    | readonly { readonly name: string; readonly bytes: number; readonly mtimeMs: number }[]
    | null;
}

/** What the parts of a folder are made of, and so what every later run must have in common. */
export interface PartSubject {
  readonly spaceId: string;
  readonly format: "parquet" | "arrow";
  readonly column: string;
  readonly text: readonly string[];
  readonly onEmpty: OnEmpty;
  readonly sources: readonly SourceIdentity[];
}

export interface PartRecord {
  readonly file: string;
  /** Rows `[firstRow, firstRow + rows)` of the sources, counted from 0. */
  readonly firstRow: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface PartManifest {
  /** Version of this file's own form. */
  readonly reembed: 1;
  readonly subject: PartSubject;
  readonly parts: readonly PartRecord[];
  /** `chainHashes` over the source hashes of all parts, in decimal digits. */
  readonly digest: string;
  /** Whether the parts hold every row of the sources. */
  readonly complete: boolean;
}

/** The manifest of a folder; null where it has none. @throws REEMBED_OUTPUT_FOREIGN */
export async function readManifest(folder: string): Promise<PartManifest | null> {
  const path = join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return null;
    throw thrown;
  }
  try {
    const manifest = JSON.parse(text) as PartManifest;
    if (manifest.reembed === 1 && Array.isArray(manifest.parts)) return manifest;
  } catch {
    // Text that is no JSON is as foreign as JSON of another form: both are told below.
  }
  throw new ReembedError(
    "REEMBED_OUTPUT_FOREIGN",
    `${path} is not a list of parts that this reembed wrote; name another folder with --out`,
    { details: { path } },
  );
}

/** Replaces the manifest, durably. */
export async function writeManifest(folder: string, manifest: PartManifest): Promise<void> {
  await writeFileWhole(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** How the sources stand on disk now. */
export async function identifySources(paths: readonly string[]): Promise<SourceIdentity[]> {
  return Promise.all(
    paths.map(async (path) => {
      if (path === "-") return { path, files: null };
      const found = await stat(path);
      const names = found.isDirectory() ? (await readdir(path)).toSorted() : [""];
      const files = await Promise.all(
        names.map(async (name) => {
          const { size, mtimeMs } = name === "" ? found : await stat(join(path, name));
          return { name, bytes: size, mtimeMs };
        }),
      );
      return { path, files };
    }),
  );
}

/**
 * Refuses to go on with parts that another run made of something else, naming each difference.
 * @throws REEMBED_SPACE_MISMATCH, REEMBED_OUTPUT_CHANGED
 */
export function requireSameSubject(folder: string, stored: PartSubject, asked: PartSubject): void {
  const fields = (Object.keys(asked) as (keyof PartSubject)[]).filter(
    (field) => canonicalJson(stored[field]) !== canonicalJson(asked[field]),
  );
  if (fields.length === 0) return;
  const told = fields.filter((field) => field !== "sources" && field !== "spaceId");
  const differences = told.map(
    (field) => `${field}: ${canonicalJson(stored[field])} -> ${canonicalJson(asked[field])}`,
  );
  if (fields.includes("sources")) differences.push("the sources are others, or have changed since");
  if (fields.includes("spaceId")) {
    throw new ReembedError(
      "REEMBED_SPACE_MISMATCH",
      `${folder} holds vectors of space ${stored.spaceId}, and this model's is ${asked.spaceId}; vectors of two spaces must not meet: name another folder with --out`,
      { details: { folder, stored: stored.spaceId, configured: asked.spaceId } },
    );
  }
  throw new ReembedError(
    "REEMBED_OUTPUT_CHANGED",
    `${folder} holds parts of another run (${differences.join("; ")}); repeat that run to go on with it, or name another folder with --out`,
    { details: { folder, differences } },
  );
}
