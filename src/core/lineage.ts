/** Where models come from: which versions of a table are fine-tunes of one another, or of one base. */
import type { VersionRecord } from "./version.ts";

/** What a model was made from, as its owner says when the package is pinned. */
export interface ParentClaim {
  /** Reference of the base, pinned as any other. */
  readonly reference: string;
  /** Files that it was made with: the training data and the adapter. */
  readonly data?: string | undefined;
  readonly adapter?: string | undefined;
}

/** The same as it stands in the lock file: digests in place of the files. */
export interface LockedParent {
  readonly reference: string;
  readonly data?: LockedDigest | undefined;
  readonly adapter?: LockedDigest | undefined;
}

export interface LockedDigest {
  readonly sha256: string;
  readonly bytes: number;
}

/** One space of a family. Spaces of one family are different spaces all the same: their vectors never meet. */
export interface FamilySpace {
  readonly spaceId: string;
  readonly model: string;
  /** What it was made from, as its package says; null for the root, or where nothing is said. */
  readonly baseModel: string | null;
  /** Steps from the oldest known ancestor. */
  readonly depth: number;
  /** Names of the versions made in this space, in order of creation. */
  readonly versions: readonly string[];
}

export interface Family {
  /** Name of the oldest known ancestor, which need not be a version of the table. */
  readonly root: string;
  /** A parent before its children. */
  readonly spaces: readonly FamilySpace[];
}

type Known = Pick<VersionRecord, "name" | "reference" | "spaceId" | "space" | "baseModel">;

/** Groups versions by their oldest known ancestor, in order of creation. A circle ends where it closes. */
export function groupFamilies(versions: readonly Known[]): Family[] {
  const families = new Map<string, Map<string, FamilySpace>>();
  for (const version of versions) {
    const { root, depth } = ancestry(version, versions);
    const spaces = families.get(root) ?? new Map<string, FamilySpace>();
    families.set(root, spaces);
    const { spaceId, baseModel } = version;
    const known = spaces.get(spaceId);
    const model = version.space.model;
    spaces.set(spaceId, {
      spaceId,
      model,
      baseModel,
      depth,
      versions: [...(known?.versions ?? []), version.name],
    });
  }
  return [...families].map(([root, spaces]) => ({
    root,
    spaces: [...spaces.values()].toSorted((a, b) => a.depth - b.depth),
  }));
}

function ancestry(version: Known, all: readonly Known[]): { readonly root: string; readonly depth: number } {
  const passed = new Set<string>([version.space.model]);
  let current = version;
  for (let depth = 0; ; depth += 1) {
    const base = current.baseModel;
    if (base === null) return { root: current.space.model, depth };
    const parent = all.find((other) => isNamed(other, base));
    if (parent === undefined) return { root: base, depth: depth + 1 };
    if (passed.has(parent.space.model)) return { root: current.space.model, depth };
    passed.add(parent.space.model);
    current = parent;
  }
}

/** A package names its base by reference or by the model's name; options after `?` do not matter. */
function isNamed(version: Known, base: string): boolean {
  const [reference] = version.reference.split("?");
  return base === version.space.model || base === reference;
}
