import type { CanaryCheck } from "../core/canary.ts";
import { canaryInputs, startTexts } from "../core/canary-texts.ts";
import { compareCanary } from "../core/compare-canary.ts";
import { describeCanary } from "../core/describe-canary.ts";
import { ReembedError } from "../core/errors.ts";
import type { SpaceDescription } from "../core/space.ts";
import { packTexts } from "../core/utf8-texts.ts";
import type { Embedder } from "./embedder.ts";

/**
 * Embeds the first fixed texts with a model that was just opened, and refuses it where they are not
 * the pinned vectors.
 * @throws REEMBED_MODEL_CANARY
 */
export async function checkCanary(
  embedder: Embedder,
  space: SpaceDescription,
  { record, tolerance, pinnedIn }: CanaryCheck,
): Promise<void> {
  const { vectors } = await embedder.embed({
    step: "embed",
    texts: packTexts(canaryInputs(startTexts)),
    purpose: "document",
  });
  const comparison = compareCanary(record, { dimensions: space.dimensions, vectors }, tolerance);
  const { verdict, worst } = comparison;
  if (verdict.kind === "noise") return;
  const machines =
    record.instructionClass === space.instructionClass
      ? ""
      : ` (pinned on ${record.instructionClass}, here it is ${space.instructionClass})`;
  throw new ReembedError(
    "REEMBED_MODEL_CANARY",
    `${space.model} ${describeCanary(comparison)}${machines}. ${pinnedIn} has the vectors since ${record.pinnedAt}; see what changed with reembed model verify, and use the model, runtime and machine that they were pinned with`,
    {
      details: {
        model: space.model,
        verdict,
        text: worst?.name,
        cosine: worst?.cosine,
        tolerance,
        pinnedIn,
        pinnedOn: record.instructionClass,
        measuredOn: space.instructionClass,
      },
    },
  );
}
