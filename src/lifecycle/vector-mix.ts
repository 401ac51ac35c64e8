import { ReembedError } from "../core/errors.ts";
import type { ForeignRows } from "../core/ports-adoption.ts";
import { sourceHash } from "../core/source-hash.ts";
import type { Key } from "../core/words.ts";

/** Rows that say the same of their vectors: one model, one version of it, one length. */
export interface MixGroup {
  readonly model: string | null;
  readonly version: string | null;
  /** Null for rows without a vector. */
  readonly dimensions: number | null;
  readonly rows: number;
  /** Keys of rows drawn evenly from the group; all of them if it has fewer. */
  readonly sample: readonly Key[];
}

/**
 * Rows that are compared with their model. If one row in twenty were of another model, 64 would all
 * agree in 4 cases of 100; if one in ten were, in 1 of 1,000.
 */
const sampleRows = 64;

/** Groups at most: a tag column with more values than there are models is something else. */
const maxGroups = 256;

interface OpenGroup extends Omit<MixGroup, "rows" | "sample"> {
  rows: number;
  /** The smallest hashes of keys seen, ascending: an even draw that is the same each time. */
  readonly drawn: { readonly rank: bigint; readonly key: Key }[];
}

/** Sorts a table's rows by what they say of their vectors. Most rows first. @throws REEMBED_USAGE */
export async function collectMix(batches: AsyncIterable<ForeignRows>): Promise<MixGroup[]> {
  const groups = new Map<string, OpenGroup>();
  for await (const rows of batches) {
    for (const [row, key] of rows.keys.entries()) {
      const said = {
        model: rows.models[row] ?? null,
        version: rows.versions[row] ?? null,
        dimensions: rows.vectors[row]?.length ?? null,
      };
      const group = groupOf(groups, said);
      group.rows += 1;
      draw(group.drawn, key);
    }
  }
  return [...groups.values()]
    .map(({ drawn, ...group }) => ({ ...group, sample: drawn.map(({ key }) => key) }))
    .toSorted((a, b) => b.rows - a.rows || labelOf(a).localeCompare(labelOf(b)));
}

/** What a group is called: its tags, or that it has none. */
export function labelOf(group: Pick<MixGroup, "model" | "version">): string {
  const { model, version } = group;
  if (model === null) return version === null ? "(no tag)" : `(no tag)@${version}`;
  return version === null ? model : `${model}@${version}`;
}

function groupOf(groups: Map<string, OpenGroup>, said: Omit<MixGroup, "rows" | "sample">): OpenGroup {
  const id = JSON.stringify([said.model, said.version, said.dimensions]);
  const known = groups.get(id);
  if (known !== undefined) return known;
  if (groups.size === maxGroups) {
    throw new ReembedError(
      "REEMBED_USAGE",
      `the rows say more than ${maxGroups} different things of their vectors, such as ${labelOf(said)}; name a --model-column and a --version-column that hold nothing else`,
      { details: { groups: maxGroups } },
    );
  }
  const made = { ...said, rows: 0, drawn: [] };
  groups.set(id, made);
  return made;
}

function draw(drawn: OpenGroup["drawn"], key: Key): void {
  const rank = sourceHash(String(key));
  const last = drawn.at(-1);
  if (drawn.length === sampleRows && last !== undefined && rank >= last.rank) return;
  const at = drawn.findIndex((other) => rank < other.rank);
  drawn.splice(at < 0 ? drawn.length : at, 0, { rank, key });
  if (drawn.length > sampleRows) drawn.pop();
}
