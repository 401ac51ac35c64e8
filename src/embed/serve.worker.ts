import { workerData } from "node:worker_threads";
import { ReembedError } from "../core/errors.ts";
import { embedded } from "../core/outcome.ts";
import type { ServedReply, ServedRequest, ServedStart } from "../core/served-model.ts";
import { driftVector, jitterVector } from "./change-vector.ts";
import { readDecoder } from "./decode-tokens.ts";
import { openEmbedder } from "./open-embedder.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { createTokenBuffer } from "./token-buffer.ts";
import { scaleToUnit, widenVector } from "./widen-vector.ts";

const { plan } = workerData as ServedStart;
const opening = Promise.all([openEmbedder(plan), readTokenizer(plan.folder), readDecoder(plan.folder)]);
// A failure is told in the answer to the first request; until then it must not end the thread.
opening.catch(() => {});

/** A request of this many tokens fills the largest one that a provider takes. */
const buffer = createTokenBuffer(65_536);

/** Requests are answered one by one: the embedder takes one at a time. */
let previous: Promise<unknown> = Promise.resolve();

async function answer(request: ServedRequest): Promise<ServedReply> {
  try {
    const [embedder, tokenizer, decode] = await opening;
    switch (request.kind) {
      case "tokenize": {
        buffer.length = 0;
        const ends = Int32Array.from(request.texts, (text) => {
          tokenizer.append(text, buffer, Infinity, false);
          return buffer.length;
        });
        return { ok: true, kind: "tokenize", tokens: { ids: buffer.ids.slice(0, buffer.length), ends } };
      }
      case "decode":
        return { ok: true, kind: "decode", texts: request.inputs.map((ids) => decode?.(ids) ?? null) };
      case "embed": {
        const { texts, purpose } = request;
        const reply = await embedder.embed({ step: "embed", texts, purpose });
        const { dimensions } = plan.space;
        const rows = texts.map((text, row) => {
          const own = reply.vectors.subarray(row * dimensions, (row + 1) * dimensions);
          if (reply.outcomes[row] !== embedded) placeByText(own, text);
          return writeVector(own, request, row);
        });
        return { ok: true, kind: "embed", rows };
      }
    }
  } catch (error) {
    return { ok: false, error: ReembedError.from(error, "REEMBED_EMBED_FAILED").toData() };
  }
}

function writeVector(
  own: Float32Array,
  request: Extract<ServedRequest, { kind: "embed" }>,
  row: number,
): string {
  const { servedDimensions, dimensions, encoding, change } = request;
  let vector = new Float32Array(servedDimensions);
  widenVector(own, vector);
  if (change.driftDistance > 0) driftVector(vector, change.driftDistance);
  if (dimensions < servedDimensions) {
    vector = vector.slice(0, dimensions);
    scaleToUnit(vector);
  }
  if (change.jitter > 0) jitterVector(vector, change, row);
  if (encoding === "float") return `[${vector.join(",")}]`;
  return Buffer.from(vector.buffer, 0, vector.byteLength).toString("base64");
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
