import { newVectorTypes } from "../../core/vector-type.ts";

/** How a new version stores its vectors, as every command takes it. */
export const vectorTypeFlag = {
  kind: "choice",
  choices: newVectorTypes,
  about: "what a new version's vectors are stored as; float16 halves their size; default: float32",
} as const;
