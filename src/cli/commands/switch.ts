import type { SwitchResult } from "../../core/verbs.ts";
import { type Block, line } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { usageError } from "../parse-arguments.ts";

export const switchCommand = defineTableCommand({
  about:
    "Makes a version the active one, in one commit, if the gate passes: every row covered and fresh, the " +
    "index whole, and the retrieval that the configuration asks for. The version before it stays, retiring, " +
    "so that rollback is possible until it is due.",
  argument: null,
  flags: {
    to: {
      kind: "text",
      placeholder: "NAME",
      about: "the version to make active; `backup` for the one kept so",
      required: true,
    },
    force: { kind: "switch", about: "switch although the gate fails; needs --why" },
    why: { kind: "text", placeholder: "TEXT", about: "reason, kept in the version's history" },
  },
  examples: [
    ["reembed switch --table docs --to v2", "if the gate passes"],
    [
      'reembed switch --table docs --to v2 --force --why "provider ends v1 today"',
      "whatever the gate says, and on record",
    ],
  ],
  interrupted: "interrupted; look with reembed versions which version is active",
  start(engine, { flags }) {
    if (flags.force && flags.why === undefined) {
      throw usageError('--force needs --why "…": the reason is kept in the history');
    }
    return engine.switch({ to: flags.to, force: flags.force, why: flags.why });
  },
  present: (result: SwitchResult): Block[] => [
    line(describeSwitch(result)),
    ...(result.gate.forced ? [line("the gate failed and was overruled:")] : []),
    ...result.gate.reasons.map((reason) => line(`- ${reason}`)),
  ],
});

function describeSwitch({ from, to }: SwitchResult): string {
  if (from === to) return `${to} was active already`;
  if (from === null) return `${to} is active; no version was before it`;
  return `${to} is active; ${from} is retiring (go back with reembed rollback)`;
}
