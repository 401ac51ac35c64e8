import type { InspectResult } from "../../core/verbs-versions.ts";
import { line, table } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";

/** Values of a vector that are shown to people; all of them are in --json. */
const shownValues = 4;

export const inspectCommand = defineTableCommand({
  about:
    "What one row says of itself in every version: which model made its vector, in which space, when, and " +
    "whether its text changed since.",
  argument: null,
  flags: {
    key: { kind: "text", placeholder: "KEY", about: "the row's key", required: true },
    vectors: { kind: "switch", about: "the vectors too" },
  },
  examples: [
    ["reembed inspect --table docs --key 42", "one row, version by version"],
    ["reembed inspect --table docs --key 42 --vectors --json", "with its vectors, for a program"],
  ],
  interrupted: "interrupted; nothing was changed",
  start: (engine, { flags }) => engine.inspect({ key: flags.key, vectors: flags.vectors }),
  present(result: InspectResult) {
    if (result.versions.length === 0) return [line(`${result.table} has no version with a column`)];
    const withVectors = result.versions.some(({ vector }) => vector !== undefined);
    return [
      table(
        ["version", "state", "model", "embedded at", "row is", "space", ...(withVectors ? ["vector"] : [])],
        result.versions.map((version) => [
          version.name,
          version.state,
          version.embedding_model,
          version.embedded_at ?? "-",
          version.status,
          version.spaceId.slice(0, 8),
          ...(withVectors ? [describeVector(version.vector ?? null)] : []),
        ]),
        { cut: ["model"], spare: ["space"] },
      ),
    ];
  },
});

function describeVector(vector: readonly number[] | null): string {
  if (vector === null) return "none";
  const first = vector.slice(0, shownValues).map((value) => value.toFixed(4));
  return `${first.join(" ")} … (${vector.length})`;
}
