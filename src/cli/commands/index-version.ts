import type { IndexResult } from "../../core/verbs.ts";
import { formatDuration, formatShare } from "../../observe/quantities.ts";
import { line } from "../../observe/report.ts";
import { defineTableCommand } from "../table-command.ts";
import { indexChoices } from "./index-choices.ts";

export const indexCommand = defineTableCommand({
  about:
    "Builds or rebuilds the vector index of a version and waits until it covers every row. A small table " +
    "needs none, and is told so. With --full-text, the index of the words of the text columns.",
  argument: null,
  flags: {
    version: { kind: "text", placeholder: "NAME", about: "the version to index" },
    fullText: { kind: "switch", about: "index the text columns, for search by words" },
    type: {
      kind: "choice",
      choices: indexChoices,
      default: "auto",
      about: "kind of index; auto: as the active version's, or by size",
    },
  },
  examples: [
    ["reembed index --table docs --version v2", "the usual kind"],
    ["reembed index --table docs --version v2 --type hnsw_sq", "a kind of your choice"],
    ["reembed index --table docs --full-text", "for search --mode text and hybrid"],
  ],
  interrupted: "interrupted; run the same command to build the index again",
  start: (engine, { flags }) =>
    engine.index({ version: flags.version, type: flags.type, fullText: flags.fullText }),
  present: (result: IndexResult) => [line(describeIndex(result))],
});

function describeIndex(result: IndexResult): string {
  const { version, indexType, indexCoverage, seconds, note } = result;
  const reason = note === null ? "" : `: ${note}`;
  if (version === null) {
    return `the full-text index ${note ?? ""} covers ${formatShare(indexCoverage ?? 0)}, built in ${formatDuration(seconds)}`;
  }
  if (indexCoverage === null) return `${version} has no index${reason}`;
  return `${version}: ${indexType ?? "index"} covers ${formatShare(indexCoverage)}, built in ${formatDuration(seconds)}${reason}`;
}
