import { ReembedError } from "../core/errors.ts";
import { type FragmentHits, isHitLog } from "../core/hits.ts";
import type { StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import type { VerbContext } from "./verb-context.ts";

/**
 * Hits on each fragment, from where a request says that they stand; null where it does not.
 * @throws REEMBED_USAGE where nothing of the table was hit
 */
export async function findHits(
  context: VerbContext,
  table: StoredTable,
  version: VersionRecord | null,
  written: string | undefined,
): Promise<readonly FragmentHits[] | null> {
  if (written === undefined) return null;
  const hits = await table.hits(
    version,
    isHitLog(written)
      ? { kind: "keys", hits: await context.readHits(written) }
      : { kind: "column", column: written },
  );
  if (hits.some(({ pending, handled }) => pending + handled > 0)) return hits;
  throw new ReembedError(
    "REEMBED_USAGE",
    `${written} names no row of table ${table.name} that was ever hit, so there is no order in it: look at its keys, or leave --hits out`,
    { details: { table: table.name, hits: written } },
  );
}
