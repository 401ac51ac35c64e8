import type { PlanResult, TargetPlan } from "../../core/verbs.ts";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatMoney,
} from "../../observe/quantities.ts";
import { fields, line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { usageError } from "../parse-arguments.ts";
import { laneFlags, laneSettings } from "./lane-flags.ts";
import { corpusFlags, corpusSetting } from "./corpus-flags.ts";
import { vectorTypeFlag } from "./vector-type-flag.ts";

/** `1,640,000`, or `1.64M ± 2.1k` where it was estimated from a sample. */
function tokensOf(target: TargetPlan): string {
  if (target.tokensError === 0) return formatCount(target.tokens);
  return `${formatCompact(target.tokens)} ± ${formatCompact(target.tokensError)}`;
}

function durationOf({ seconds }: TargetPlan): string {
  return seconds === null ? "unknown" : formatDuration(seconds);
}

function costOf({ cost }: TargetPlan): string {
  return cost === null ? "unknown" : formatMoney(cost);
}

function timeOf(target: TargetPlan): string {
  if (target.seconds === null) return "as fast as the provider's limits allow, which are not known";
  return `${durationOf(target)} ${target.cost === 0 ? "on this machine" : "by the provider's limits"}`;
}

export const planCommand = defineTableCommand({
  about:
    "Says what a backfill would take before it is run: rows, tokens, units of work, time at the rate " +
    "measured here on a sample, and storage now, while both versions exist, and after. Nothing is written.",
  argument: null,
  flags: {
    to: {
      kind: "list",
      separator: null,
      placeholder: "REF",
      about: "model to plan for, several times to compare; default: the configuration's",
    },
    vectorType: vectorTypeFlag,
    ...laneFlags,
    ...corpusFlags,
  },
  examples: [
    ["reembed plan --table docs --to bundled:all-MiniLM-L6-v2", "one target"],
    ["reembed plan --table docs --to bundled:all-MiniLM-L6-v2 --to local:./mine", "two, side by side"],
  ],
  interrupted: "interrupted; a plan changes nothing",
  settings: (flags) => ({ ...corpusSetting(flags), ...laneSettings(flags), vectorType: flags.vectorType }),
  start(engine, { flags, config }) {
    const to = flags.to ?? (config.model === null ? [] : [config.model]);
    if (to.length === 0) throw usageError("plan needs --to REF, or `model` in the configuration");
    return engine.plan({ to });
  },
  present(result: PlanResult) {
    const [target, ...others] = result.targets;
    if (target === undefined) return [line("nothing to plan")];
    if (others.length > 0) {
      return [
        table(
          ["model", "rows", "tokens", "units", "time", "cost", "storage now", "during", "after"],
          result.targets.map((each) => [
            each.model,
            formatCount(each.rows),
            tokensOf(each),
            formatCount(each.units),
            durationOf(each),
            costOf(each),
            formatBytes(each.bytesNow),
            formatBytes(each.bytesDuring),
            formatBytes(each.bytesAfter),
          ]),
          { cut: ["model"], spare: ["units", "cost"] },
        ),
      ];
    }
    return [
      fields([
        ["model", target.model],
        ["dimensions", formatCount(target.dimensions)],
        ["stored as", target.vectorType],
        ["space", target.spaceId],
        ["rows to embed", formatCount(target.rows)],
        ["tokens", tokensOf(target)],
        ["units", formatCount(target.units)],
        ["time", timeOf(target)],
        ["cost", target.cost === 0 ? "" : costOf(target)],
        [
          "vectors",
          `${formatBytes(target.bytesNow)} now, ${formatBytes(target.bytesDuring)} while both exist, ${formatBytes(target.bytesAfter)} after`,
        ],
        ["model ends", target.deadline ?? ""],
      ]),
    ];
  },
});
