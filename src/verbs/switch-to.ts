import type { SwitchRequest, SwitchResult } from "../core/verbs.ts";
import { switchVersion } from "../lifecycle/switch-version.ts";
import { compareForGate } from "./evaluate-versions.ts";
import { openTable, type VerbContext } from "./verb-context.ts";

/** Makes a version the active one, in one commit, behind the gate of the settings. */
export async function switchTo(context: VerbContext, request: SwitchRequest): Promise<SwitchResult> {
  const { gate, retirementGraceDays: graceDays } = context.settings;
  return switchVersion(request, {
    table: await openTable(context),
    policy: gate,
    compare: (from, to) => compareForGate(context, from, to),
    graceDays,
    nowMs: context.nowMs,
    signal: context.signal,
  });
}
