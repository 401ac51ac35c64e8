import type { CheckedQuestion } from "./check-question.ts";
import type { AnswerFault } from "./plan-faults.ts";
import type { ProviderState } from "./provider-state.ts";
import type { AnswerItem, EmbeddingAnswer } from "./wire-format.ts";

/** How far the vectors of a fallback gateway's other model are from the right ones. */
const otherModelDistance = 0.9;

/** Makes the vectors of a question and spoils them as planned. */
export async function makeAnswer(
  { question, model, texts, tokens, dimensions }: CheckedQuestion,
  request: { readonly number: number; readonly arrivedMs: number },
  spoilt: ReadonlySet<AnswerFault>,
  { faults, settings }: ProviderState,
): Promise<EmbeddingAnswer> {
  const drifted = faults.driftAfter !== null && request.number > faults.driftAfter;
  const vectors = await model.served.embed({
    texts,
    purpose: question.purpose,
    servedDimensions: model.dimensions,
    dimensions: spoilt.has("wrongDimension") ? Math.max(1, dimensions - 1) : dimensions,
    encoding: question.encoding,
    change: {
      driftDistance: spoilt.has("otherModel") ? otherModelDistance : drifted ? faults.driftDistance : 0,
      jitter: faults.jitter,
      seed: settings.seed + request.number,
    },
  });
  let items: readonly AnswerItem[] = vectors.map((vector, index) => ({ index, vector }));
  for (const fault of spoilt) items = itemFaults[fault]?.(items, question.encoding === "base64") ?? items;
  return {
    model: spoilt.has("otherModel") ? faults.otherModelName : question.model,
    items,
    tokens,
    elapsedMs: performance.now() - request.arrivedMs,
    requestNumber: request.number,
  };
}

type ItemFault = (items: readonly AnswerItem[], base64: boolean) => readonly AnswerItem[];

/** What each fault does to the items; the others change vectors, names or the way to the client. */
const itemFaults: Readonly<Partial<Record<AnswerFault, ItemFault>>> = {
  reorder: (items) => items.toReversed(),
  missingItems: (items) => items.slice(0, -1),
  duplicateIndex: (items) =>
    items.map((item, place) => (place === 1 ? { ...item, index: items[0]!.index } : item)),
  nan: (items, base64) =>
    items.map((item, place) =>
      place === 0 ? { ...item, vector: withoutNumber(item.vector, base64) } : item,
    ),
};

/** The vector with no number at its start: NaN in base64, and what JSON makes of NaN otherwise. */
function withoutNumber(vector: string, base64: boolean): string {
  if (!base64) return vector.replace(/^\[[^,\]]*/, "[null");
  const bytes = Buffer.from(vector, "base64");
  bytes.writeFloatLE(Number.NaN, 0);
  return bytes.toString("base64");
}
