import { ReembedError } from "../core/errors.ts";
import { type Space, spaceDifferences } from "../core/space.ts";
import { searchableStates, type VersionRecord } from "../core/version.ts";

/**
 * Refuses a configured model that has the name of one that the table has vectors of, but gives
 * another space: another prompt, pooling, dimension, precision, or other weights behind the name.
 * A model of another name is no conflict: it is one to migrate to.
 * @throws REEMBED_SPACE_MISMATCH with every field that differs
 */
export function checkConfigured(
  table: string,
  versions: readonly VersionRecord[],
  configured: { readonly reference: string; readonly space: Space },
): void {
  const live = versions.filter((version) => searchableStates.has(version.state));
  if (live.some((version) => version.spaceId === configured.space.id)) return;
  const { description } = configured.space;
  const namesakes = live.filter((version) => version.space.model === description.model);
  const closest = namesakes
    .map((version) => ({ version, differences: spaceDifferences(version.space, description) }))
    .toSorted((a, b) => a.differences.length - b.differences.length)[0];
  if (closest === undefined) return;
  const { version, differences } = closest;
  throw new ReembedError(
    "REEMBED_SPACE_MISMATCH",
    `the configured model ${configured.reference} has the name of version ${version.name} of table ${table} but not its space: ${differences.join("; ")}. Restore what the version was made with, or make a version of the new space with reembed backfill --to`,
    {
      details: {
        table,
        version: version.name,
        stored: version.spaceId,
        configured: configured.space.id,
        differences,
      },
    },
  );
}
