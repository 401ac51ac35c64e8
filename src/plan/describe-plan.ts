import type { RoundPlan } from "../core/plan.ts";
import type { PlanFile } from "../core/plan-file.ts";
import type { FragmentRows } from "../core/ports.ts";

/** A round as a file: its units with the fragments that they were counted from. */
export function describePlan(
  { units }: RoundPlan,
  fragments: readonly FragmentRows[],
  about: Omit<PlanFile, "format" | "units">,
): PlanFile {
  const byId = new Map(fragments.map((fragment) => [fragment.id, fragment]));
  return {
    format: 1,
    ...about,
    units: units.map(({ index, rows, merges, fragmentIds }) => ({
      index,
      rows,
      merges,
      fragments: fragmentIds.flatMap((id) => byId.get(id) ?? []),
    })),
  };
}
