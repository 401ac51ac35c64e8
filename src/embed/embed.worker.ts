import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { ReembedError } from "../core/errors.ts";
import type { LaneAnswer, LaneReply, LaneRequest, WorkerStart } from "../core/messages.ts";
import { openEmbedder } from "./open-embedder.ts";

/** Opened at once, not at the first request: the lane's greeting finds it ready. */
const opening = openEmbedder((workerData as WorkerStart).plan);
// A failure is told in the answer to the first request; until then it must not end the thread.
opening.catch(() => {});

/** Requests are answered one by one, also where the next one lies there already. */
let previous: Promise<unknown> = Promise.resolve();

async function carryOut(request: LaneRequest): Promise<LaneAnswer> {
  const { embed, steps } = await opening;
  if (request.step === "embed") return embed(request);
  if (steps === null) throw new ReembedError("REEMBED_INTERNAL", "this model takes texts in one step");
  return request.step === "tokenize" ? steps.tokenize(request) : steps.infer(request);
}

async function answer(request: LaneRequest): Promise<LaneReply> {
  try {
    return await carryOut(request);
  } catch (error) {
    return { ok: false, error: ReembedError.from(error, "REEMBED_EMBED_FAILED").toData() };
  }
}

/** The handler that piscina calls with each request. */
export default async function handle(request: LaneRequest): Promise<LaneReply> {
  const current = previous.then(() => answer(request));
  previous = current;
  return transferred(await current);
}

/** The reply, its arrays handed over rather than copied. Piscina unwraps it on this side. */
function transferred(reply: LaneReply): LaneReply {
  if (!reply.ok) return reply;
  const { outcomes } = reply;
  const arrays = reply.step === "tokenize" ? [reply.ids, reply.lengths, outcomes] : [reply.vectors, outcomes];
  const wrapped = {
    [transferableSymbol]: arrays.map(({ buffer }) => buffer),
    [valueSymbol]: reply,
  };
  return move(wrapped) as unknown as LaneReply;
}
