import type { RollbackResult } from "../../core/verbs.ts";
import { line } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

export const rollbackCommand = defineTableCommand({
  about:
    "Makes the version active again that was active before the last switch, in one commit. Possible while " +
    "its column exists, which is until it is retired.",
  argument: null,
  flags: {},
  examples: [["reembed rollback --table docs", "undo the last switch"]],
  interrupted: "interrupted; look with reembed versions which version is active",
  start: (engine) => engine.rollback(),
  present: (result: RollbackResult) => [line(`${result.to} is active again; ${result.from} is set aside`)],
});
