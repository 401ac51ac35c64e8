import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { ReembedError } from "../core/errors.ts";
import type { ModelReference } from "../core/model-reference.ts";
import { snapshotFolder } from "../hub/hub-cache.ts";

export interface PackageContext {
  /** Folder of the packages that ship with the program. */
  readonly bundledFolder: string;
  readonly lockFile: string;
  /** The Hugging Face cache (`HF_HUB_CACHE`, or `hub` in `HF_HOME`). */
  readonly hubCacheFolder?: string | undefined;
}

/** Where a model package lies, and how it is named and pinned. */
export interface PackageLocation {
  readonly folder: string;
  /** Human name of the model. */
  readonly model: string;
  /** The reference without its options, as the lock file has it. */
  readonly lockKey: string;
  /** What holds the digests of its files. */
  readonly pinnedBy: "manifest" | "lock";
}

/** Finds the folder of a package. @throws REEMBED_MODEL_MISSING */
export async function locatePackage(
  reference: ModelReference,
  context: PackageContext,
): Promise<PackageLocation> {
  const location = locations[reference.kind](reference as never, context);
  const found = await stat(location.folder).catch(() => null);
  if (found?.isDirectory() === true) return location;
  throw new ReembedError(
    "REEMBED_MODEL_MISSING",
    `${reference.written}: ${reference.kind === "bundled" ? "no such package ships with reembed" : `there is no folder ${location.folder}`}; ${await advice(reference, context)}`,
    { details: { reference: reference.written, folder: location.folder } },
  );
}

type Kind = ModelReference["kind"];
type OfKind<K extends Kind> = Extract<ModelReference, { readonly kind: K }>;

const locations: {
  readonly [K in Kind]: (reference: OfKind<K>, context: PackageContext) => PackageLocation;
} = {
  bundled: ({ name }, { bundledFolder }) => ({
    folder: join(bundledFolder, name),
    model: name,
    lockKey: `bundled:${name}`,
    pinnedBy: "manifest",
  }),
  local: ({ path }, { lockFile }) => {
    const folder = resolve(path);
    const fromLock = relative(dirname(resolve(lockFile)), folder)
      .split(sep)
      .join("/");
    return {
      folder,
      model: basename(folder),
      lockKey: `local:${fromLock === "" ? "." : fromLock}`,
      pinnedBy: "lock",
    };
  },
  hf: ({ owner, name, revision }, { hubCacheFolder = "" }) => ({
    folder: snapshotFolder(hubCacheFolder, { owner, name, revision }),
    model: `${owner}/${name}`,
    lockKey: `hf:${owner}/${name}@${revision}`,
    pinnedBy: "lock",
  }),
};

async function advice(reference: ModelReference, { bundledFolder }: PackageContext): Promise<string> {
  switch (reference.kind) {
    case "bundled":
      return `the packages that ship are ${(await readdir(bundledFolder)).toSorted().join(", ")}`;
    case "local":
      return "write the path of a folder that holds a model package";
    case "hf":
      return `fetch it with reembed model pull hf:${reference.owner}/${reference.name}@${reference.revision}, or point HF_HUB_CACHE to the cache that has it`;
  }
}
