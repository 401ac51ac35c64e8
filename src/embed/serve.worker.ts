import { workerData } from "node:worker_threads";
import { ReembedError } from "../core/errors.ts";
import { embedded } from "../core/outcome.ts";
import type { ServedReply, ServedRequest, ServedStart, Vocabulary } from "../core/served-model.ts";
import { packTexts } from "../core/utf8-texts.ts";
import { driftVector, jitterVector } from "./change-vector.ts";
import { openEmbedder } from "./open-embedder.ts";
import { openEncoding, openOwnVocabulary, type ServedVocabulary } from "./served-vocabulary.ts";
import { createWidening, scaleToUnit, type WidenVector } from "./widen-vector.ts";

const { plan } = workerData as ServedStart;
const opening = openEmbedder(plan);
// A failure is told in the answer to the first request; until then it must not end the thread.
opening.catch(() => {});

const vocabularies = new Map<Vocabulary, Promise<ServedVocabulary>>();

/** A vocabulary, opened when it is first asked for. */
function vocabularyOf(name: Vocabulary): Promise<ServedVocabulary> {
  const known = vocabularies.get(name);
  if (known !== undefined) return known;
  const vocabulary = name === "own" ? openOwnVocabulary(plan.folder) : openEncoding(name);
  vocabularies.set(name, vocabulary);
  return vocabulary;
}

/** By the dimensions of a served model, of which there are a few. */
const widenings = new Map<number, WidenVector>();

/** Requests are answered one by one: the embedder takes one at a time. */
let previous: Promise<unknown> = Promise.resolve();

async function answer(request: ServedRequest): Promise<ServedReply> {
  try {
    const embedder = await opening;
    switch (request.kind) {
      case "tokenize": {
        const { tokenize } = await vocabularyOf(request.vocabulary);
        return { ok: true, kind: "tokenize", tokens: tokenize(request.texts) };
      }
      case "decode": {
        const { decode } = await vocabularyOf(request.vocabulary);
        return { ok: true, kind: "decode", texts: request.inputs.map(decode) };
      }
      case "embed": {
        const { texts, purpose } = request;
        const reply = await embedder.embed({ step: "embed", texts: packTexts(texts), purpose });
        const { dimensions } = plan.space;
        const write = vectorWriter(request);
        const rows = texts.map((text, row) => {
          const own = reply.vectors.subarray(row * dimensions, (row + 1) * dimensions);
          if (reply.outcomes[row] !== embedded) placeByText(own, text);
          return write(own, row);
        });
        return { ok: true, kind: "embed", rows };
      }
    }
  } catch (error) {
    return { ok: false, error: ReembedError.from(error, "REEMBED_EMBED_FAILED").toData() };
  }
}

type EmbedServed = Extract<ServedRequest, { kind: "embed" }>;

/** What writes the vectors of one request: their way from the model's dimensions to the answer's. */
function vectorWriter({
  servedDimensions,
  dimensions,
  encoding,
  change,
}: EmbedServed): (own: Float32Array, row: number) => string {
  const widen = wideningTo(servedDimensions);
  const wide = new Float32Array(servedDimensions);
  const vector = wide.subarray(0, dimensions);
  const bytes = Buffer.from(wide.buffer, 0, vector.byteLength);
  return (own, row) => {
    widen(own, wide);
    if (change.driftDistance > 0) driftVector(wide, change.driftDistance);
    if (dimensions < servedDimensions) scaleToUnit(vector);
    if (change.jitter > 0) jitterVector(vector, change, row);
    return encoding === "float" ? `[${vector.join(",")}]` : bytes.toString("base64");
  };
}

function wideningTo(dimensions: number): WidenVector {
  const known = widenings.get(dimensions);
  if (known !== undefined) return known;
  const made = createWidening(plan.space.dimensions, dimensions);
  widenings.set(dimensions, made);
  return made;
}

/** A hosted model answers every text, so one without a known token gets a place by its characters. */
function placeByText(vector: Float32Array, text: string): void {
  for (let i = 0; i < text.length; i++) vector[(text.charCodeAt(i) + i) % vector.length]! += 1;
  vector[0]! += 1;
  scaleToUnit(vector);
}

/** The handler that piscina calls with each request. */
export default async function handle(request: ServedRequest): Promise<ServedReply> {
  const current = previous.then(() => answer(request));
  previous = current;
  return current;
}
