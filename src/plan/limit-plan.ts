import type { RoundPlan, Unit } from "../core/plan.ts";

/** The first `rows` rows of a plan; the last unit may be cut, and is then finished by a later run. */
export function limitPlan(plan: RoundPlan, rows: number): RoundPlan {
  const units: Unit[] = [];
  let planned = 0;
  for (const unit of plan.units) {
    if (planned >= rows) break;
    const unitRows = Math.min(unit.rows, rows - planned);
    units.push({ ...unit, rows: unitRows });
    planned += unitRows;
  }
  return { ...plan, units, rows: planned };
}
