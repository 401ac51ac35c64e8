import type { PullOptions } from "../core/model-packages.ts";
import type { ModelReference } from "../core/model-reference.ts";
import { snapshotFolder } from "../hub/hub-cache.ts";
import type { HubContext } from "../hub/hub-context.ts";
import { type HubFile, listHubFiles } from "../hub/hub-listing.ts";
import { pullFiles } from "../hub/pull-files.ts";
import { join } from "node:path";
import { chooseWeights } from "./choose-weights.ts";
import { isStaticPackage, staticWeightsFile } from "./describe-static.ts";
import { modelFileError } from "./model-error.ts";
import { readOnnxGraph } from "./onnx-graph.ts";
import { readPackageJson } from "./package-files.ts";

type HubReference = Extract<ModelReference, { readonly kind: "hf" }>;

/** Files of a repository that say what the model is, and under which terms it may be used. */
const describingFiles: readonly RegExp[] = [
  /^(?:config|modules|sentence_bert_config|config_sentence_transformers)\.json$/,
  /^(?:tokenizer|tokenizer_config|special_tokens_map)\.json$/,
  // The folders of modules.json: 1_Pooling, 2_Dense.
  /^\d+_[A-Za-z]+\/config\.json$/,
  /^(?:LICEN[CS]E|NOTICE|README)(?:\.(?:md|txt))?$/i,
];

/**
 * Brings the files of a repository that decide a vector into the hub's cache: first those that
 * describe the model, then the weights that they and `onnxFile=` lead to: weights that are there
 * are never there without what says how to use them.
 * @returns bytes that came over the network
 * @throws REEMBED_HUB_*, REEMBED_MODEL_FILE_MISSING, REEMBED_MODEL_FILE_DAMAGED, REEMBED_INTERRUPTED
 */
export async function pullPackage(
  reference: HubReference,
  hub: HubContext,
  onProgress: PullOptions["onProgress"],
): Promise<number> {
  const files = await listHubFiles(hub, reference);
  const folder = snapshotFolder(hub.cacheFolder, reference);
  let bytes = 0;
  let totalBytes = 0;
  let fetchedBytes = 0;

  async function pull(wanted: readonly HubFile[]): Promise<void> {
    totalBytes += wanted.reduce((sum, file) => sum + file.bytes, 0);
    await pullFiles(hub, reference, wanted, (more, fetched) => {
      bytes += more;
      if (fetched) fetchedBytes += more;
      onProgress({ bytes, totalBytes });
    });
  }
  const named = (path: string): HubFile[] => files.filter((file) => file.path === path);

  await pull(files.filter(({ path }) => describingFiles.some((pattern) => pattern.test(path))));
  const isStatic = await isStaticPackage(folder, await readPackageJson(folder, "config.json"));
  if (isStatic) {
    await pull(named(staticWeightsFile));
    return fetchedBytes;
  }
  const onnxFiles = files.map(({ path }) => path).filter((path) => path.endsWith(".onnx"));
  const choice = chooseWeights(onnxFiles, reference.options.onnxFile);
  if (choice.file === null) {
    const repository = `${reference.owner}/${reference.name} at ${reference.revision}`;
    throw modelFileError("REEMBED_MODEL_FILE_MISSING", repository, choice.reason, choice.whatToDo);
  }
  const weightsFile = choice.file;
  await pull(named(weightsFile));
  const beside = weightsFile.split("/").slice(0, -1);
  for (const file of readOnnxGraph(join(folder, weightsFile)).externalFiles) {
    await pull(named([...beside, file].join("/")));
  }
  return fetchedBytes;
}
