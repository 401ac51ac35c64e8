/** Fine-tunes whose base has a newer revision, as far as a table, the lock file and the calendar know of one. */
import { type Deprecation, findDeprecation } from "./deprecations.ts";
import type { VersionRecord } from "./version.ts";

/** A newer revision of what a version's model was made from. */
export interface NewerBase {
  /** The version of the fine-tune. */
  readonly version: string;
  /** What it was made from, as its package or its owner says. */
  readonly base: string;
  /** Reference of the newer revision. */
  readonly newer: string;
  /** Where that is known from, in a phrase. */
  readonly from: string;
}

/** A revision of a model that somebody here has used. */
export interface KnownRevision {
  /** Without options. */
  readonly reference: string;
  /** Digest of the package, for references that do not name their revision; null where it is not known. */
  readonly packageDigest: string | null;
  /** Since when, ISO 8601 in UTC: a commit's hash does not say which of two is newer. */
  readonly since: string;
  /** Where it is known from, in a phrase. */
  readonly from: string;
}

type Child = Pick<VersionRecord, "name" | "reference" | "space" | "baseModel" | "history">;

/**
 * Versions whose base has a revision that became known here after the one that they were made from: another
 * commit of its repository, another package under its reference, or what its provider recommends in its
 * place. The latest of several is named.
 */
export function findNewerBases(
  children: readonly Child[],
  known: { readonly versions: readonly Child[]; readonly locked: readonly KnownRevision[] },
  calendar: readonly Deprecation[],
): NewerBase[] {
  const revisions = [...known.versions.flatMap(revisionOf), ...known.locked].toSorted((a, b) =>
    a.since < b.since ? -1 : a.since > b.since ? 1 : 0,
  );
  return children.flatMap((child): NewerBase[] => {
    const { name: version, baseModel: base } = child;
    if (base === null) return [];
    const revision = laterRevisions(base, madeAt(child), revisions).at(-1);
    if (revision !== undefined) {
      return [{ version, base, newer: revision.reference, from: revision.from }];
    }
    const end = findDeprecation(calendar, base);
    if (end === null || end.replacement === null) return [];
    return [{ version, base, newer: `${end.provider}:${end.replacement}`, from: end.source }];
  });
}

/** A newer base in a sentence. */
export function describeNewerBase({ version, base, newer, from }: NewerBase): string {
  return `${version} was made from ${base}, and the base has a newer revision: ${newer} (${from})`;
}

/** Order: by when they became known. */
function laterRevisions(base: string, childMadeAt: string, all: readonly KnownRevision[]): KnownRevision[] {
  const repository = repositoryOf(base);
  if (repository !== null) {
    const same = all.filter(({ reference }) => repositoryOf(reference)?.name === repository.name);
    const isOwn = ({ reference }: KnownRevision): boolean =>
      repositoryOf(reference)?.commit === repository.commit;
    // A base that nobody here has used is at least as old as what was made from it.
    const since = same.find(isOwn)?.since ?? childMadeAt;
    return same.filter((revision) => !isOwn(revision) && revision.since > since);
  }
  const same = all.filter(({ reference }) => reference === withoutOptions(base));
  const own = same.findLast(({ since }) => since <= childMadeAt);
  if (own === undefined) return [];
  return same.filter(
    ({ since, packageDigest }) => since > childMadeAt && packageDigest !== own.packageDigest,
  );
}

function revisionOf(version: Child): KnownRevision[] {
  const since = madeAt(version);
  const { name, reference, space } = version;
  if (since === "" || space.packageDigest === null) return [];
  return [
    {
      reference: withoutOptions(reference),
      packageDigest: space.packageDigest,
      since,
      from: `version ${name} of ${since.slice(0, "2026-01-01".length)}`,
    },
  ];
}

/** A repository of the hub: `hf:OWNER/NAME@COMMIT`, or `OWNER/NAME` as packages name their base; else null. */
function repositoryOf(reference: string): { readonly name: string; readonly commit: string | null } | null {
  const [, name, commit = null] =
    /^(?:hf:)?([^/@:?]+\/[^/@:?]+)(?:@([0-9a-f]{40}))?$/.exec(withoutOptions(reference)) ?? [];
  return name === undefined ? null : { name, commit };
}

function withoutOptions(reference: string): string {
  return reference.split("?")[0] ?? "";
}

function madeAt({ history }: Child): string {
  return history[0]?.at ?? "";
}
