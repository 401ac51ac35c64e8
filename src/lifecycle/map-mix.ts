import { ReembedError } from "../core/errors.ts";
import { labelOf, type MixGroup } from "./vector-mix.ts";

/** What people said about which model made which vectors. */
export interface TagMapping {
  /** Whether rows carry tags at all; without them `model` made every vector. */
  readonly tagged: boolean;
  /** The one model that was named, and the tags that are its name and nothing else. */
  readonly model: { readonly reference: string; readonly names: readonly string[] } | null;
  /** Tag -> reference. The empty tag stands for rows without one. */
  readonly references: ReadonlyMap<string, string>;
}

export interface MappedGroup extends MixGroup {
  readonly reference: string | null;
}

/**
 * Gives each group with vectors the model that was said to have made it; null where nothing was said.
 * Pure. Nothing is inferred from a tag that merely looks like a model's name.
 * @throws REEMBED_USAGE where one word stands for several versions of a model
 */
export function mapMix(groups: readonly MixGroup[], mapping: TagMapping): MappedGroup[] {
  const withVectors = groups.filter((group) => group.dimensions !== null);
  return groups.map((group) => ({
    ...group,
    reference: group.dimensions === null ? null : referenceOf(group, withVectors, mapping),
  }));
}

function referenceOf(group: MixGroup, all: readonly MixGroup[], mapping: TagMapping): string | null {
  const { model, references } = mapping;
  if (!mapping.tagged) return model?.reference ?? null;
  if (group.model === null) return references.get("") ?? null;
  const exact = references.get(labelOf(group));
  if (exact !== undefined && group.version !== null) return exact;
  const isOnlyTag = all.every((other) => other.model === group.model);
  const isNamed = model !== null && (model.names.includes(group.model) || isOnlyTag);
  const byModel = references.get(group.model) ?? (isNamed ? model.reference : null);
  if (byModel !== null) refuseSeveral(group, all, references);
  return byModel;
}

/** A model's name alone says nothing where the table has several versions of it. */
function refuseSeveral(
  group: MixGroup,
  all: readonly MixGroup[],
  references: ReadonlyMap<string, string>,
): void {
  const rivals = all.filter((other) => other.model === group.model && !references.has(labelOf(other)));
  const versions = [...new Set(rivals.map((other) => other.version))];
  if (versions.length < 2) return;
  throw new ReembedError(
    "REEMBED_USAGE",
    `model ${group.model} stands in the table in ${versions.length} versions (${versions.map((version) => version ?? "none").join(", ")}), and may be another model in each; say which with --map ${group.model}@${group.version ?? ""}=REF for every one`,
    { details: { model: group.model, versions } },
  );
}

/** Tags that were mapped although no row carries them: most likely misspelt. */
export function unusedTags(groups: readonly MixGroup[], tags: Iterable<string>): string[] {
  const used = new Set(groups.flatMap((group) => [group.model ?? "", labelOf(group)]));
  return [...tags].filter((tag) => !used.has(tag));
}
