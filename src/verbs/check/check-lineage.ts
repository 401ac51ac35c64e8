import type { Calendar } from "../../core/deprecations.ts";
import { describeNewerBase, findNewerBases, type KnownRevision } from "../../core/newer-bases.ts";
import type { Finding } from "../../core/verbs-check.ts";
import type { VersionRecord } from "../../core/version.ts";

/** Fine-tunes whose base has a newer revision by now. */
export function checkLineage(
  live: readonly VersionRecord[],
  known: { readonly versions: readonly VersionRecord[]; readonly locked: readonly KnownRevision[] },
  { entries }: Calendar,
): Finding[] {
  return findNewerBases(live, known, entries).map((newer) => ({
    check: "lineage",
    level: "warning",
    version: newer.version,
    message: describeNewerBase(newer),
    fix: null,
  }));
}
