import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { ReembedError } from "../core/errors.ts";
import type { EmbedReply, EmbedRequest, WorkerStart } from "../core/messages.ts";
import { openEmbedder } from "./open-embedder.ts";

/** Opened at once, not at the first request: the lane's greeting finds it ready. */
const opening = openEmbedder((workerData as WorkerStart).plan);
// A failure is told in the answer to the first request; until then it must not end the thread.
opening.catch(() => {});

/** Requests are answered one by one, also where the next one lies there already. */
let previous: Promise<unknown> = Promise.resolve();

async function answer(request: EmbedRequest): Promise<EmbedReply> {
  try {
    const embedder = await opening;
    return await embedder.embed(request);
  } catch (error) {
    return { ok: false, error: ReembedError.from(error, "REEMBED_EMBED_FAILED").toData() };
  }
}

/** The handler that piscina calls with each request. */
export default async function handle(request: EmbedRequest): Promise<EmbedReply> {
  const current = previous.then(() => answer(request));
  previous = current;
  return transferred(await current);
}

/** The reply, its arrays handed over rather than copied. Piscina unwraps it on this side. */
function transferred(reply: EmbedReply): EmbedReply {
  if (!reply.ok) return reply;
  const wrapped = {
    [transferableSymbol]: [reply.vectors.buffer, reply.outcomes.buffer],
    [valueSymbol]: reply,
  };
  return move(wrapped) as unknown as EmbedReply;
}
