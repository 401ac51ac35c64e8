import type { DeleteResult } from "../../core/verbs-write.ts";
import { formatCountOf } from "../../observe/quantities.ts";
import { line } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { usageError } from "../parse-arguments.ts";

export const deleteCommand = defineTableCommand({
  about: "Deletes rows from a table, with their vectors of every version, by key or by a filter.",
  argument: null,
  flags: {
    key: {
      kind: "list",
      separator: null,
      placeholder: "KEY",
      about: "a row's key; may be given several times",
    },
    where: { kind: "text", placeholder: "SQL", about: "a filter on the table's columns" },
  },
  examples: [
    ["reembed delete --table docs --key d17 --key d18", "two rows"],
    [`reembed delete --table docs --where "year < 2001"`, "all that a filter finds"],
  ],
  interrupted: "interrupted; rows deleted so far stay deleted, run the same command again for the rest",
  start(engine, { flags }) {
    const { key: keys, where } = flags;
    if ((keys === undefined) === (where === undefined)) {
      throw usageError("delete needs either --key KEY or --where SQL");
    }
    return engine.delete({ keys, where });
  },
  present: (result: DeleteResult) => [line(`${formatCountOf(result.rows, "row")} deleted`)],
});
