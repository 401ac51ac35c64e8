import { ReembedError } from "../core/errors.ts";
import type { EmbedderPlan } from "../core/messages.ts";
import type { LoadedModel, OutputDescription } from "./inference-runtime.ts";

/** The output of a model that holds its vectors. */
export interface ChosenOutput {
  readonly name: string;
  /** One vector a text, rather than one a token. */
  readonly pooled: boolean;
}

/** Names by which exporters call the two kinds of output, best first. */
const pooledNames = ["sentence_embedding", "sentence_embeddings", "embeddings", "text_embeds"];
const tokenNames = ["last_hidden_state", "token_embeddings", "hidden_states"];

/** Finds it by name, else by its number of axes. @throws REEMBED_MODEL_UNSUPPORTED */
export function chooseOutput(
  { outputs }: Pick<LoadedModel, "outputs">,
  { space, weightsFile }: Pick<EmbedderPlan, "space" | "weightsFile">,
): ChosenOutput {
  const pooled = space.pooling === "none";
  const rank = pooled ? 2 : 3;
  const fits = (output: OutputDescription): boolean => output.rank === null || output.rank === rank;
  const named = (pooled ? pooledNames : tokenNames)
    .map((name) => outputs.find((output) => output.name === name && fits(output)))
    .find((output) => output !== undefined);
  const chosen = named ?? outputs.find((output) => output.rank === rank);
  if (chosen !== undefined) return { name: chosen.name, pooled };
  const found = outputs.map((output) => `${output.name} (rank ${output.rank ?? "unknown"})`).join(", ");
  throw new ReembedError(
    "REEMBED_MODEL_UNSUPPORTED",
    `${weightsFile}: no output of rank ${rank} for pooling "${space.pooling}"; it has ${found}`,
    { details: { file: weightsFile, outputs: found, pooling: space.pooling } },
  );
}
