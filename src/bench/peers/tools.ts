import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Natives, NativeProgram } from "../natives.ts";

/** Names of other tools, as `--tool` takes them. */
export const toolNames = [
  "sentence-transformers",
  "sentence-transformers-onnx",
  "sentence-transformers-openvino",
  "fastembed",
  "transformers.js",
  "model2vec",
  "pylance",
  "lancedb",
  "ai-sdk",
  "openai-sdk",
] as const;
export type ToolName = (typeof toolNames)[number];

/** Where each is installed, in the words of `native-bench/peers/install.ts`, and the program that drives it. */
const places: Readonly<Record<ToolName, { readonly installed: string; readonly program: string }>> = {
  "sentence-transformers": { installed: "sentence-transformers", program: "sentence_transformers_tool.py" },
  "sentence-transformers-onnx": {
    installed: "sentence-transformers-onnx",
    program: "sentence_transformers_tool.py",
  },
  "sentence-transformers-openvino": {
    installed: "sentence-transformers",
    program: "sentence_transformers_tool.py",
  },
  fastembed: { installed: "fastembed", program: "fastembed_tool.py" },
  "transformers.js": { installed: "node", program: "transformers-js.ts" },
  model2vec: { installed: "model2vec", program: "model2vec_tool.py" },
  pylance: { installed: "lance", program: "lance_tool.py" },
  lancedb: { installed: "lance", program: "lance_tool.py" },
  "ai-sdk": { installed: "node", program: "hosted-sdk.ts" },
  "openai-sdk": { installed: "node", program: "hosted-sdk.ts" },
};

/** The tools of a run. */
export interface ToolChoice {
  /** What `native-bench/peers/install.ts` filled. */
  readonly folder: string;
  readonly names: readonly ToolName[];
}

/** A tool that is running, or why it is not. */
export type StartedTool =
  | { readonly state: "ready"; readonly program: NativeProgram }
  | { readonly state: "missing"; readonly reason: string };

/** Why a tool cannot be started; null where it is installed. */
export function reasonMissing(natives: Natives, { folder }: ToolChoice, name: ToolName): string | null {
  const { installed } = places[name];
  if (natives.missing !== null) return natives.missing;
  if (existsSync(executableOf(folder, name) ?? join(folder, installed, "node_modules"))) return null;
  return `not installed: node native-bench/peers/install.ts ${folder} ${installed}`;
}

/** The Python of a tool's own environment; null for tools of Node. */
function executableOf(folder: string, name: ToolName): string | null {
  const { installed, program } = places[name];
  return program.endsWith(".py") ? join(folder, installed, "bin", "python") : null;
}

/** Starts a tool. What is not installed, or ends before it is ready, is told and fails nothing. */
export async function startTool(
  natives: Natives,
  choice: ToolChoice,
  name: ToolName,
  args: readonly string[],
): Promise<StartedTool> {
  const reason = reasonMissing(natives, choice, name);
  if (reason !== null) return { state: "missing", reason };
  const { installed, program } = places[name];
  const python = executableOf(choice.folder, name);
  const file = join("peers", program);
  try {
    const started =
      python === null
        ? await natives.start(file, ["--tools", join(choice.folder, installed), ...args])
        : await natives.start(file, args, python);
    return { state: "ready", program: started };
  } catch (error) {
    return { state: "missing", reason: error instanceof Error ? error.message : String(error) };
  }
}
