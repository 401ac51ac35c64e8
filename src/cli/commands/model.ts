import type { Job } from "../../core/job.ts";
import type { ParentClaim } from "../../core/lineage.ts";
import type {
  CanarySummary,
  ModelFile,
  ModelInspectResult,
  ModelListResult,
  ModelPullResult,
  ModelVerifyResult,
  TensorReport,
} from "../../core/model-packages.ts";
import type { Engine } from "../../core/engine.ts";
import { formatBytes, formatCountOf, formatDuration } from "../../observe/quantities.ts";
import { type Block, fields, line, table } from "../../observe/report.ts";
import { suggestion, usageError } from "../parse-arguments.ts";
import { defineTableCommand } from "../table-command.ts";

type ActionResult = ModelPullResult | ModelInspectResult | ModelVerifyResult | ModelListResult;
type Action = ActionResult["action"];

/** What each action does with the reference behind it. */
const actions: {
  readonly [Name in Action]: (
    engine: Engine,
    reference: string,
    parent?: ParentClaim,
  ) => Job<Extract<ActionResult, { action: Name }>>;
} = {
  pull: (engine, reference, parent) => engine.pullModel({ reference, parent }),
  inspect: (engine, reference) => engine.inspectModel({ reference }),
  verify: (engine, reference) => engine.verifyModel({ reference }),
  list: (engine) => engine.listModels(),
};

export const modelCommand = defineTableCommand({
  about:
    "Model packages. pull fetches one from the hub at a full commit hash (or takes a folder, or a file: " +
    "address of one), checks every byte, and pins its files and the vectors of a few fixed texts in " +
    "reembed.lock.json. inspect says what a package is. verify compares every pinned file, then the " +
    "vectors. list shows what is pinned and what ships. HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME " +
    "and HF_HUB_CACHE mean what they mean to the hub's own tools.",
  argument: { placeholder: "pull|inspect|verify|list REF", about: "what to do, and with what", many: true },
  flags: {
    parent: {
      kind: "text",
      placeholder: "REF",
      about: "for pull: what the model was made from, kept in reembed.lock.json for versions --tree",
    },
    data: { kind: "text", placeholder: "FILE", about: "with --parent: its training data, kept as a digest" },
    adapter: { kind: "text", placeholder: "FILE", about: "with --parent: its adapter, kept as a digest" },
  },
  examples: [
    ["reembed model pull hf:OWNER/NAME@<40 hex digits>", "fetch and pin; run it again to go on"],
    ["reembed model pull local:./my-model", "pin a folder"],
    [
      "reembed model pull local:./mine --parent hf:OWNER/NAME@<40 hex digits>",
      "and say what it was made from",
    ],
    ["reembed model inspect local:./my-model?onnxFile=onnx/model.onnx", "one of several ONNX files"],
    ["reembed model verify bundled:all-MiniLM-L6-v2", "files and vectors"],
  ],
  interrupted: "interrupted; what was fetched stays, run the same command to go on",
  start(engine, { args, flags }): Job<ActionResult> {
    const [action = "", reference, ...more] = args;
    if (!isAction(action)) {
      const names = Object.keys(actions);
      throw usageError(`model takes ${names.join(", ")}, not "${action}"${suggestion(action, names)}`);
    }
    if (action === "list" ? reference !== undefined : reference === undefined || more.length > 0) {
      throw usageError(action === "list" ? "model list takes no REF" : `model ${action} takes one REF`);
    }
    const { parent, data, adapter } = flags;
    if (parent === undefined) {
      if (data !== undefined || adapter !== undefined)
        throw usageError("--data and --adapter need --parent REF");
      return actions[action](engine, reference ?? "");
    }
    if (action !== "pull") throw usageError("--parent is for model pull alone");
    return actions[action](engine, reference ?? "", { reference: parent, data, adapter });
  },
  present: (result: ActionResult): Block[] => {
    switch (result.action) {
      case "pull":
        return presentPull(result);
      case "inspect":
        return presentInspect(result);
      case "verify":
        return presentVerify(result);
      case "list":
        return presentList(result);
    }
  },
});

function isAction(word: string): word is Action {
  return Object.hasOwn(actions, word);
}

function presentPull(result: ModelPullResult): Block[] {
  const { reference, files, downloadedBytes, seconds, pinnedIn } = result;
  const fetched = downloadedBytes === 0 ? "nothing to fetch" : `${formatBytes(downloadedBytes)} fetched`;
  return [
    line(`${reference} is pinned in ${pinnedIn}: ${fetched}, ${formatDuration(seconds)}`),
    presentFiles(files),
    fields([
      ["folder", result.folder],
      ["space", result.spaceId],
    ]),
  ];
}

function presentInspect(result: ModelInspectResult): Block[] {
  const { space, weights, unpinned, canary } = result;
  const pinned =
    unpinned.length === 0 ? `in ${result.pinnedIn}` : `no: ${result.pinnedIn} lacks ${unpinned.join(", ")}`;
  return [
    line(
      `${result.model}: ${space.dimensions} dimensions, ${space.quantisation}, ${formatBytes(result.bytes)}`,
    ),
    fields([
      ["folder", result.folder],
      ["pinned", pinned],
      ["weights", weights.file],
      ["inputs", weights.inputs.map(describeTensor).join(", ")],
      [space.kind === "static" ? "tables" : "outputs", weights.outputs.map(describeTensor).join(", ")],
      ["pooling", `${space.pooling}${space.normalize ? ", scaled to unit length" : ""}`],
      ["tokens", `at most ${space.maxTokens}, cut on the ${space.truncation}`],
      ["document prompt", space.documentPrompt === "" ? "none" : JSON.stringify(space.documentPrompt)],
      ["query prompt", space.queryPrompt === "" ? "none" : JSON.stringify(space.queryPrompt)],
      ["texts a call", space.grouping],
      ["CPU class", space.instructionClass],
      ["canary", describePinned(canary)],
      ["space", result.spaceId],
    ]),
    presentFiles(result.files),
    ...result.warnings.map((warning) => line(`warning: ${warning}`)),
  ];
}

function presentVerify(result: ModelVerifyResult): Block[] {
  const { canary } = result;
  const vectors =
    canary === null
      ? "no vectors of it are pinned yet: reembed model pull pins them"
      : `every vector is the pinned one (least cosine ${canary.cosine.toFixed(6)}, ${canary.text})`;
  return [
    line(
      `${result.reference}: ${formatCountOf(result.files.length, "file")} as pinned in ${result.pinnedIn}; ${vectors}`,
    ),
    fields([
      ["canary", describePinned(canary)],
      ["space", result.spaceId],
    ]),
  ];
}

function presentList({ lockFile, packages }: ModelListResult): Block[] {
  return [
    table(
      ["package", "files", "size", "here", "spaces with a canary"],
      packages.map(({ reference, files, bytes, present, spaceIds }) => [
        reference,
        String(files.length),
        formatBytes(bytes),
        present ? "yes" : "no",
        String(spaceIds.length),
      ]),
      { cut: ["package"] },
    ),
    line(`pinned in ${lockFile}`),
  ];
}

function presentFiles(files: readonly ModelFile[]): Block {
  return table(
    ["file", "size", "sha256"],
    files.map(({ path, bytes, sha256 }) => [path, formatBytes(bytes), sha256]),
    { cut: ["file"] },
  );
}

function describeTensor({ name, shape }: TensorReport): string {
  return shape === null ? name : `${name} [${shape.map((axis) => axis ?? "?").join(", ")}]`;
}

function describePinned(canary: CanarySummary | null): string {
  if (canary === null) return "none pinned yet";
  const { pinnedAt, pinnedOn } = canary;
  return `pinned at ${pinnedAt}${pinnedOn === "any" ? "" : ` on ${pinnedOn}`}`;
}
