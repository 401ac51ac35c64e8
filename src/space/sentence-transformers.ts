import type { Pooling } from "../core/space.ts";
import { modelFileError } from "./model-error.ts";
import { type JsonObject, readPackageJson } from "./package-files.ts";

/**
 * What a package says about how its token vectors become one vector, in the files that
 * Sentence Transformers writes. Null where it says nothing.
 */
export interface SentenceConventions {
  readonly pooling: Pooling | null;
  readonly normalize: boolean | null;
  /** Layers after pooling that only the model file itself could compute. */
  readonly hasDense: boolean;
  readonly maxTokens: number | null;
  readonly documentPrompt: string;
  readonly queryPrompt: string;
  /** Whether texts are put into lower case before the tokenizer sees them. */
  readonly lowercase: boolean;
  /** Files that were read. */
  readonly files: readonly string[];
}

const sentenceFile = "sentence_bert_config.json";
const promptsFile = "config_sentence_transformers.json";

/** @throws REEMBED_MODEL_FILE_DAMAGED, REEMBED_MODEL_FILE_MISSING, REEMBED_MODEL_UNSUPPORTED */
export async function readSentenceConventions(folder: string): Promise<SentenceConventions> {
  const files: string[] = [];
  const read = async (path: string): Promise<JsonObject | null> => {
    const json = await readPackageJson(folder, path);
    if (json !== null) files.push(path);
    return json;
  };
  const modules = (await read("modules.json")) as readonly JsonObject[] | null;
  const kinds = (modules ?? []).map((module) => ({
    kind: String(module["type"]).split(".").at(-1) ?? "",
    path: String(module["path"]),
  }));
  const poolingPath = kinds.find(({ kind }) => kind === "Pooling")?.path ?? "1_Pooling";
  const poolingFile = `${poolingPath}/config.json`;
  const poolingConfig = await read(poolingFile);
  if (poolingConfig === null && kinds.some(({ kind }) => kind === "Pooling")) {
    throw modelFileError(
      "REEMBED_MODEL_FILE_MISSING",
      poolingFile,
      "modules.json names it, it is not there",
      "the package is incomplete: fetch it again",
    );
  }
  const sentence = await read(sentenceFile);
  const prompts = readPrompts(await read(promptsFile));
  if (poolingConfig?.["include_prompt"] === false && (prompts.document !== "" || prompts.query !== "")) {
    throw unsupported(poolingFile, "pooling that leaves out the prompt's tokens (include_prompt: false)");
  }
  return {
    pooling: poolingConfig === null ? null : readPooling(poolingConfig, poolingFile),
    normalize: modules === null ? null : kinds.some(({ kind }) => kind === "Normalize"),
    hasDense: kinds.some(({ kind }) => kind === "Dense"),
    maxTokens: positive(sentence?.["max_seq_length"]),
    documentPrompt: prompts.document,
    queryPrompt: prompts.query,
    lowercase: sentence?.["do_lower_case"] === true,
    files,
  };
}

/** Flag in a pooling configuration -> our word. */
const poolingFlags: readonly (readonly [flag: string, pooling: Pooling])[] = [
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_lasttoken", "last-token"],
];

/** Newer packages name the mode in one word. */
const poolingWords: Readonly<Record<string, Pooling>> = {
  mean: "mean",
  cls: "cls",
  max: "max",
  lasttoken: "last-token",
};

function readPooling(config: JsonObject, file: string): Pooling {
  const word = config["pooling_mode"];
  if (typeof word === "string") {
    return poolingWords[word] ?? refuse(file, `pooling "${word}"`);
  }
  const on = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  const found = poolingFlags.find(([flag]) => flag === on[0]);
  if (on.length !== 1 || found === undefined)
    return refuse(file, `pooling ${on.join(" + ") || "of no kind"}`);
  return found[1];
}

interface Prompts {
  readonly document: string;
  readonly query: string;
}

function readPrompts(config: JsonObject | null): Prompts {
  const prompts = (config?.["prompts"] ?? {}) as Readonly<Record<string, unknown>>;
  const named = (name: unknown): string | undefined => {
    const prompt = typeof name === "string" ? prompts[name] : undefined;
    return typeof prompt === "string" ? prompt : undefined;
  };
  const fallback = named(config?.["default_prompt_name"]) ?? "";
  return {
    document: named("document") ?? named("passage") ?? fallback,
    query: named("query") ?? fallback,
  };
}

function positive(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function refuse(file: string, what: string): never {
  throw unsupported(file, what);
}

function unsupported(file: string, what: string): Error {
  return modelFileError(
    "REEMBED_MODEL_UNSUPPORTED",
    file,
    `${what} is not supported`,
    "write ?pooling=mean, cls, max, last-token or none behind the reference if one of them is meant",
  );
}
