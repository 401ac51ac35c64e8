import type { AdoptedVersion, AdoptResult, MixEntry } from "../../core/verbs-adoption.ts";
import { formatCount, formatCountOf } from "../../observe/quantities.ts";
import { type Block, line, table } from "../../observe/report.ts";
import { usageError } from "../parse-arguments.ts";
import { defineTableCommand } from "../table-command.ts";
import { corpusFlags, corpusSetting } from "./corpus-flags.ts";

export const adoptCommand = defineTableCommand({
  about:
    "Takes over vectors that something else made. It reports which models stand in the column, embeds a " +
    "sample of each again to see that the named model made it, and then makes versions: of a column of one " +
    "model in place, without copying a vector; of a mix with --split, each model's rows into a version of its " +
    "own. The hash of a row's present text is recorded with its vector once the sample agrees. A refusal " +
    "changes nothing.",
  argument: null,
  flags: {
    column: { kind: "text", placeholder: "COLUMN", default: "vector", about: "the vector column" },
    model: {
      kind: "text",
      placeholder: "REF",
      about: "the model that made the vectors, or those tagged with its name",
    },
    name: { kind: "text", placeholder: "NAME", about: "the version's name; default: the next vN" },
    modelColumn: { kind: "text", placeholder: "COLUMN", about: "column that names the model, row by row" },
    versionColumn: { kind: "text", placeholder: "COLUMN", about: "column that names the model's version" },
    embeddedAtColumn: {
      kind: "text",
      placeholder: "COLUMN",
      about: "column of the time when the vector was made: timestamps, or text in ISO 8601",
    },
    map: {
      kind: "list",
      separator: null,
      placeholder: "TAG=REF",
      about: "what a tag stands for; TAG is MODEL or MODEL@VERSION, or empty for rows without one",
    },
    split: { kind: "switch", about: "copy each model's rows into a version of its own" },
    leaveUnmapped: { kind: "switch", about: "pass over vectors whose tag stands for no model" },
    trust: { kind: "switch", about: "adopt although a sample disagrees; recorded in the history" },
    why: { kind: "text", placeholder: "TEXT", about: "reason, kept in the version's history" },
    dryRun: { kind: "switch", about: "report the mix and what stands in the way; change nothing" },
    ...corpusFlags,
  },
  examples: [
    ["reembed adopt --table docs --model bundled:all-MiniLM-L6-v2", "a column of one model, in place"],
    ["reembed adopt --table docs --model-column made_by --dry-run", "what stands in a mixed column"],
    [
      "reembed adopt --model-column made_by --map a=local:./a --map b=local:./b",
      "with --split: each model's rows into a version",
    ],
  ],
  interrupted: "interrupted; what was taken over stays, run the same command to go on",
  settings: (flags) => corpusSetting(flags),
  start(engine, { flags, config }) {
    const { column, split, leaveUnmapped, trust, dryRun, name, why } = flags;
    const { modelColumn, versionColumn, embeddedAtColumn } = flags;
    const map = parseMap(flags.map ?? []);
    if (versionColumn !== undefined && modelColumn === undefined) {
      throw usageError("--version-column needs --model-column COLUMN beside it: versions of which model?");
    }
    const model = flags.model ?? (modelColumn === undefined ? (config.model ?? undefined) : undefined);
    if (modelColumn === undefined && model === undefined && !dryRun) {
      throw usageError("adopt needs --model REF, or --model-column COLUMN: what made these vectors?");
    }
    return engine.adopt({
      column,
      model,
      name,
      modelColumn,
      versionColumn,
      embeddedAtColumn,
      map,
      split,
      leaveUnmapped,
      trust,
      why,
      dryRun,
    });
  },
  present: presentAdoption,
});

/** `TAG=REF` each; the tag ends at the first `=`. */
function parseMap(written: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const entry of written) {
    const at = entry.indexOf("=");
    const tag = entry.slice(0, Math.max(at, 0));
    if (at < 0 || at === entry.length - 1) {
      throw usageError(`--map takes TAG=REF, such as minilm=bundled:all-MiniLM-L6-v2, not "${entry}"`);
    }
    if (Object.hasOwn(map, tag)) throw usageError(`--map names the tag "${tag}" twice`);
    map[tag] = entry.slice(at + 1);
  }
  return map;
}

function presentAdoption(result: AdoptResult): Block[] {
  const mix = table(
    ["model", "version", "dim", "rows", "made by", "sample"],
    result.mix.map((entry) => [
      entry.model ?? "-",
      entry.version ?? "-",
      entry.dimensions === null ? "no vector" : formatCount(entry.dimensions),
      formatCount(entry.rows),
      entry.reference ?? "-",
      sampleOf(entry),
    ]),
    { cut: ["made by"] },
  );
  const outcome = result.dryRun
    ? line(result.reasons.length === 0 ? "nothing stands in the way" : "what stands in the way:")
    : line(result.versions.map(describeVersion).join("; "));
  const reasons = result.reasons.map((reason) => line(`- ${reason}`));
  const trusted = !result.dryRun && reasons.length > 0 ? [line("trusted all the same:")] : [];
  return [mix, outcome, ...trusted, ...reasons, ...result.notes.map((note) => line(`note: ${note}`))];
}

function sampleOf({ check }: MixEntry): string {
  if (check === null) return "-";
  if (check.minCosine === null) return "nothing to compare";
  return `${check.agreed} of ${check.sampled} agree, cosine from ${check.minCosine.toFixed(5)}`;
}

function describeVersion(version: AdoptedVersion): string {
  return `${version.name} is ${version.state}: ${formatCountOf(version.adopted, "row")} taken over into ${version.column}`;
}
