import type { CanaryComparison, CanaryVerdict, CanaryVerdictKind } from "./compare-canary.ts";

type OfKind<Kind extends CanaryVerdictKind> = Extract<CanaryVerdict, { readonly kind: Kind }>;

/** What each verdict means, as the end of "the model …". */
const meanings: { readonly [Kind in CanaryVerdictKind]: (verdict: OfKind<Kind>) => string } = {
  noise: () => "gives the pinned vectors",
  "other-texts": ({ pinned, present }) =>
    `cannot be compared: the record is of other fixed texts (${pinned}, not ${present})`,
  dimensions: ({ pinned, found, prefix }) =>
    `gives vectors of ${found} dimensions, ${pinned} are pinned${prefix ? " (the same vectors, cut elsewhere)" : ""}`,
  normalisation: ({ lengthRatio }) =>
    `gives vectors of the same directions, but of ${lengthRatio.toPrecision(3)} times the length: normalisation changed`,
  prompt: ({ change, prompt }) =>
    change === null
      ? "gives vectors that moved the farther the shorter the text: a prompt before the texts changed"
      : `embeds the texts ${change === "added" ? "behind" : "without"} the prompt ${JSON.stringify(prompt)}, which was ${change}`,
  "input-handling": ({ moved }) =>
    `has the same weights, and reads some texts in another way (${moved.join(", ")}): tokenizer, truncation or grouping changed`,
  weights: () => "gives other vectors for every text: its weights, pooling or arithmetic changed",
};

/** A comparison in a phrase, as the end of "the model …", with the text that lies farthest off. */
export function describeCanary({ verdict, worst, tolerance }: CanaryComparison): string {
  const meaning = (meanings[verdict.kind] as (verdict: CanaryVerdict) => string)(verdict);
  if (worst === null || verdict.kind === "noise") return meaning;
  return `${meaning}; text "${worst.name}" has cosine ${worst.cosine.toFixed(6)} to its pinned vector, at least ${1 - tolerance} is wanted`;
}
