import type { ForeignVectors } from "../core/ports-adoption.ts";
import type { Model } from "../core/ports.ts";
import type { AdoptRequest, SampleCheck } from "../core/verbs-adoption.ts";
import type { MappedGroup } from "./map-mix.ts";
import { labelOf } from "./vector-mix.ts";

/** A group with its model opened and its sample compared; both null where no model is known for it. */
export interface CheckedGroup extends MappedGroup {
  readonly opened: Model | null;
  readonly check: SampleCheck | null;
}

/** All groups of one space: what becomes one version. */
export interface AdoptionTarget {
  readonly model: Model;
  readonly groups: readonly CheckedGroup[];
}

export interface AdoptionPlan {
  readonly mode: "in-place" | "split";
  readonly targets: readonly AdoptionTarget[];
  /** What stands in the way, whatever is trusted. */
  readonly obstacles: readonly string[];
  /** What samples say against it: may be trusted all the same. */
  readonly doubts: readonly string[];
}

/** What would be done with a mix, and what stands in the way. Pure. */
export function planAdoption(
  groups: readonly CheckedGroup[],
  vectors: ForeignVectors,
  request: Pick<AdoptRequest, "column" | "split" | "leaveUnmapped" | "name">,
): AdoptionPlan {
  const filled = groups.filter((group) => group.dimensions !== null);
  const targets = targetsOf(filled);
  return {
    mode: request.split ? "split" : "in-place",
    targets,
    obstacles: [
      ...filled.flatMap((group) => groupObstacles(group, request)),
      ...columnObstacles(filled, targets, vectors, request),
    ],
    doubts: filled.flatMap(sampleDoubts),
  };
}

function targetsOf(groups: readonly CheckedGroup[]): AdoptionTarget[] {
  const bySpace = new Map<string, AdoptionTarget>();
  for (const group of groups) {
    if (group.opened === null) continue;
    const { id } = group.opened.space;
    const known = bySpace.get(id);
    bySpace.set(id, { model: known?.model ?? group.opened, groups: [...(known?.groups ?? []), group] });
  }
  return [...bySpace.values()];
}

function groupObstacles(group: CheckedGroup, request: Pick<AdoptRequest, "leaveUnmapped">): string[] {
  const { opened, dimensions, rows } = group;
  const label = labelOf(group);
  if (opened === null) {
    if (request.leaveUnmapped) return [];
    const tag = group.model === null ? "" : label;
    return [
      `${rows} rows of ${label} (${dimensions} dimensions) have no model: say which made them with --map ${tag}=REF, or leave them out with --leave-unmapped`,
    ];
  }
  const wanted = opened.space.description.dimensions;
  if (wanted === dimensions) return [];
  return [
    `${rows} rows of ${label} have ${dimensions} dimensions, and ${opened.reference} gives ${wanted}: it did not make them`,
  ];
}

function columnObstacles(
  filled: readonly CheckedGroup[],
  targets: readonly AdoptionTarget[],
  vectors: ForeignVectors,
  request: Pick<AdoptRequest, "column" | "split" | "name">,
): string[] {
  const { column } = request;
  if (filled.length === 0) return [`column ${column} holds no vectors`];
  if (targets.length === 0) return ["no model was named for any of its vectors: name it with --model REF"];
  const obstacles: string[] = [];
  if (request.name !== undefined && targets.length > 1) {
    obstacles.push(`--name ${request.name} cannot name ${targets.length} versions: leave it out`);
  }
  if (request.split) return obstacles;
  const others = filled.some((group) => group.opened === null) ? 1 : 0;
  if (targets.length + others > 1) {
    obstacles.push(
      `column ${column} holds vectors of ${targets.length + others} spaces, which must not meet in one version: copy each into a version of its own with --split`,
    );
  }
  if (vectors.dimensions === null) {
    obstacles.push(
      `column ${column} holds lists without a fixed size, which LanceDB cannot search: copy its vectors into a column of their own with --split`,
    );
  }
  return obstacles;
}

function sampleDoubts(group: CheckedGroup): string[] {
  const { check, opened } = group;
  if (check === null || opened === null) return [];
  const label = `${labelOf(group)} (${group.rows} rows)`;
  if (check.sampled === 0) return [`${label}: no sampled row could be compared with ${opened.reference}`];
  if (check.agreed === check.sampled) return [];
  return [
    `${label}: ${check.agreed} of ${check.sampled} sampled rows agree with ${opened.reference} (cosine ${cosine(check.minCosine)} at the least, ${cosine(check.meanCosine)} in the mean; ${cosine(check.needed)} is needed${opened.space.description.normalize ? ", and a length of 1" : ""})`,
  ];
}

/** Six digits: tolerances differ in the sixth. */
function cosine(value: number | null): string {
  return value === null ? "none" : value.toFixed(6);
}

/** What the samples of a target said, for the history. */
export function describeChecks({ groups, model }: AdoptionTarget, trusted: boolean): string {
  const sampled = groups.reduce((sum, group) => sum + (group.check?.sampled ?? 0), 0);
  const agreed = groups.reduce((sum, group) => sum + (group.check?.agreed ?? 0), 0);
  const lowest = Math.min(...groups.map((group) => group.check?.minCosine ?? 1));
  const said = `${agreed} of ${sampled} sampled rows agree with ${model.reference} (cosine ${cosine(lowest)} at the least)`;
  return trusted && (agreed < sampled || sampled === 0) ? `trusted although ${said}` : said;
}
