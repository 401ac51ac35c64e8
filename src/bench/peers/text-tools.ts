import { existsSync } from "node:fs";
import { join } from "node:path";
import { saturatingClasses, type Space } from "../../core/space.ts";
import type { BenchModel } from "../bench-model.ts";
import type { CorpusReport } from "../bench-report.ts";
import type { ToolName } from "./tools.ts";

type ModelSort = "float" | "int8" | "static";

/** A tool that embeds texts, in one way of using it. */
export interface TextTool {
  readonly tool: ToolName;
  /** `fastembed, one text a call`, for names of cases. */
  readonly label: string;
  readonly sort: ModelSort;
  readonly flags: readonly string[];
  /**
   * `own`: int8 sums as the tool leaves them, where those saturate: faster, and other vectors than ours. Measured
   * only on such a CPU, beside the same tool with the sums that we use.
   */
  readonly sums?: "own";
  /** How many times its rate is to be reached, and on which texts that was promised. */
  readonly limit: { readonly times: number; readonly on: "any" | "mixed" } | null;
}

/** Ways of using a tool: at its best, and as it comes. */
const oneByOne = ["--batch", "1"];

/** Source: the limits are what bare runtimes and these tools reached on one machine of 2 cores, side by side. */
const textTools: readonly TextTool[] = [
  {
    tool: "sentence-transformers",
    label: "sentence-transformers, torch",
    sort: "float",
    flags: ["--backend", "torch"],
    limit: { times: 1.35, on: "any" },
  },
  {
    tool: "transformers.js",
    label: "transformers.js, one text a call",
    sort: "float",
    flags: oneByOne,
    limit: null,
  },
  {
    tool: "transformers.js",
    label: "transformers.js, batches of 32",
    sort: "float",
    flags: ["--batch", "32"],
    limit: { times: 6, on: "mixed" },
  },
  {
    tool: "sentence-transformers-onnx",
    label: "sentence-transformers, ONNX Runtime",
    sort: "int8",
    flags: ["--backend", "onnx"],
    limit: { times: 1.65, on: "any" },
  },
  {
    tool: "sentence-transformers-openvino",
    label: "sentence-transformers, OpenVINO",
    sort: "int8",
    flags: ["--backend", "openvino"],
    limit: { times: 1, on: "any" },
  },
  {
    tool: "fastembed",
    label: "fastembed at its best",
    sort: "int8",
    flags: [],
    limit: { times: 1.35, on: "any" },
  },
  {
    tool: "fastembed",
    label: "fastembed, batches of 32",
    sort: "int8",
    flags: ["--batch", "32"],
    limit: { times: 7, on: "mixed" },
  },
  {
    tool: "transformers.js",
    label: "transformers.js at its best, one text a call",
    sort: "int8",
    flags: oneByOne,
    limit: { times: 1.45, on: "any" },
  },
  {
    tool: "transformers.js",
    label: "transformers.js, batches of 32",
    sort: "int8",
    flags: ["--batch", "32"],
    limit: { times: 7, on: "mixed" },
  },
  {
    tool: "sentence-transformers-onnx",
    label: "sentence-transformers, ONNX Runtime, saturating sums",
    sort: "int8",
    flags: ["--backend", "onnx"],
    sums: "own",
    limit: null,
  },
  {
    tool: "fastembed",
    label: "fastembed at its best, saturating sums",
    sort: "int8",
    flags: [],
    sums: "own",
    limit: null,
  },
  {
    tool: "transformers.js",
    label: "transformers.js at its best, saturating sums",
    sort: "int8",
    flags: oneByOne,
    sums: "own",
    limit: null,
  },
  { tool: "model2vec", label: "model2vec", sort: "static", flags: [], limit: { times: 1.5, on: "any" } },
];

/** The ways of using other tools that a model is measured beside. */
export function textToolsFor({ space }: BenchModel): readonly TextTool[] {
  const { instructionClass } = space.description;
  const saturating = saturatingClasses.has(instructionClass);
  return textTools.filter(({ sort, sums }) => sort === sortOf(space) && (sums !== "own" || saturating));
}

function sortOf({ description: { kind, quantisation } }: Space): ModelSort {
  if (kind !== "onnx") return "static";
  return quantisation === "int8-dynamic" ? "int8" : "float";
}

/**
 * Texts whose lengths differ so much that a batch of them is mostly padding: the longest twentieth has four times
 * the tokens of the middle one. Glosses have two and a half times, reviews among short texts eight times.
 */
const mixedFrom = 4;

/** The limit of a tool on these texts; null where none was promised. */
export function limitOn({ limit }: TextTool, tokens: CorpusReport["tokens"]): number | null {
  if (limit === null) return null;
  const mixed = tokens !== null && tokens.p95 >= mixedFrom * tokens.median;
  return limit.on === "any" || mixed ? limit.times : null;
}

/** The float file that an int8 model of another runtime is made from. Source: layout of packages on the hub. */
const floatFile = join("onnx", "model.onnx");

/** What a tool is told; or why it cannot be measured with this package. */
export function toolArguments(
  { tool, flags, sums }: TextTool,
  { folder, weightsFile, space }: BenchModel,
  file: string,
  cores: number,
): readonly string[] | string {
  const { maxTokens, instructionClass } = space.description;
  const own = tool === "sentence-transformers-openvino";
  if (own && !existsSync(join(folder, floatFile))) {
    return `the package has no ${floatFile} to quantise; give one that has, with ?onnxFile= for its int8 file`;
  }
  const wide = saturatingClasses.has(instructionClass) && !own && sums !== "own";
  const named = {
    package: folder,
    weights: own ? floatFile : weightsFile,
    texts: file,
    cores,
    "max-tokens": maxTokens,
  };
  return [
    ...Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...flags,
    ...(wide ? ["--wide-sums"] : []),
  ];
}
