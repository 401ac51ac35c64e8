/**
 * transformers.js on the same files and texts, in the order in which they come: it sorts nothing.
 *
 *     echo run | node native-bench/peers/transformers-js.ts --tools DIR --package DIR --weights FILE
 *       --texts FILE --cores 2 --max-tokens 256 --batch 1 [--wide-sums]
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readTexts } from "../read-texts.ts";
import { serveRounds } from "../serve-rounds.ts";
import { loadTool } from "./load-tool.ts";

interface TransformersJs {
  readonly env: { localModelPath: string; allowRemoteModels: boolean };
  pipeline(task: "feature-extraction", model: string, options: object): Promise<Extractor>;
}

type Extractor = (
  texts: readonly string[],
  options: { readonly pooling: "mean"; readonly normalize: true },
) => Promise<{ readonly dims: readonly number[] }>;

const { values } = parseArgs({
  options: {
    tools: { type: "string" },
    package: { type: "string" },
    weights: { type: "string" },
    texts: { type: "string" },
    cores: { type: "string" },
    "max-tokens": { type: "string" },
    batch: { type: "string", default: "1" },
    "wide-sums": { type: "boolean", default: false },
  },
});
const { tools = "", package: folder = "", weights = "", texts: file = "" } = values;
const batch = Number(values.batch);
const texts = await readTexts(file);
const { module: library, version } = await loadTool<TransformersJs>(tools, "@huggingface/transformers");
const staged = await stagePackage(resolve(folder), Number(values["max-tokens"]));
library.env.localModelPath = dirname(staged);
library.env.allowRemoteModels = false;

const extract = await library.pipeline("feature-extraction", basename(staged), {
  device: "cpu",
  // The file is named outright; this stands for no ending behind its name.
  dtype: "fp32",
  subfolder: dirname(weights),
  model_file_name: basename(weights, ".onnx"),
  session_options: {
    intraOpNumThreads: Number(values.cores),
    ...(values["wide-sums"] ? { extra: { session: { x64quantprecision: "1" } } } : {}),
  },
});

const pooled = { pooling: "mean", normalize: true } as const;
await extract(texts.slice(0, batch), pooled);

await serveRounds(
  {
    async run() {
      const started = performance.now();
      let embedded = 0;
      for (let from = 0; from < texts.length; from += batch) {
        const output = await extract(texts.slice(from, from + batch), pooled);
        embedded += output.dims[0] ?? 0;
      }
      if (embedded !== texts.length) throw new Error(`${embedded} of ${texts.length} texts were embedded`);
      return texts.length / ((performance.now() - started) / 1000);
    },
    close: () => rm(staged, { recursive: true }),
  },
  `transformers.js ${version}, batches of ${batch}${values["wide-sums"] ? ", wide sums" : ""}`,
);

/** The package's files in a scratch folder, less the truncation and padding baked into the tokenizer's file. */
async function stagePackage(source: string, maxTokens: number): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "peer-package-"));
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    const inside = join(entry.parentPath.slice(source.length), entry.name);
    if (entry.isDirectory()) await mkdir(join(place, inside), { recursive: true });
  }
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    const inside = join(entry.parentPath.slice(source.length), entry.name);
    if (!entry.isDirectory()) await symlink(join(source, inside), join(place, inside));
  }
  await rewrite(join(place, "tokenizer.json"), { padding: null, truncation: null });
  await rewrite(join(place, "tokenizer_config.json"), { model_max_length: maxTokens });
  return place;
}

async function rewrite(path: string, fields: object): Promise<void> {
  const content = JSON.parse(await readFile(path, "utf8")) as object;
  await rm(path);
  await writeFile(path, JSON.stringify({ ...content, ...fields }));
}
